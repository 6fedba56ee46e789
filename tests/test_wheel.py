"""An installed wheel has everything that labelling needs, not only the checkout."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("schemas", "labelers", "pipeline", "jobs", "conf")
DATA = (".yaml", ".json", ".txt", ".safetensors", ".md")
UNFINISHED = ".partial"


def shipped(folder: Path) -> set[str]:
    """Modules and data of the packages; an unfinished training is neither."""
    return {
        path.relative_to(folder).as_posix()
        for package in PACKAGES
        for path in (folder / package).rglob("*")
        if path.suffix in {".py", *DATA} and UNFINISHED not in str(path)
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing is written beside the sources."""
    source = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", f"*{UNFINISHED}")
        shutil.copytree(ROOT / package, source / package, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    program = "from setuptools import build_meta; build_meta.build_wheel('dist')"
    subprocess.run([sys.executable, "-c", program], cwd=source, check=True, capture_output=True)
    [built] = (source / "dist").glob("*.whl")
    return built


def test_the_wheel_holds_every_module_and_data_file(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert shipped(ROOT) - set(archive.namelist()) == set()


def test_the_wheel_holds_nothing_else_but_its_own_record(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        others = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert others == shipped(ROOT)


def test_what_is_installed_from_the_wheel_finds_its_configuration(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    program = (
        "import jobs.cli, schemas.conf; print(schemas.conf.CONF_DIR); jobs.cli.main(['list', 'labelers'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path.parent,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[0] == str(tmp_path / "conf")
    assert "bigru_per_label_attention" in done.stdout
