import os

from labelers.hardware import describe_hardware


def test_the_hardware_is_told_with_its_cores() -> None:
    processor, cores, *_ = describe_hardware().split(", ")

    assert processor
    assert cores.startswith(f"{os.cpu_count()} core")
