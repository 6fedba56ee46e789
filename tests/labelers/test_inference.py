import torch

from labelers.batching import fixed_batches
from labelers.inference import forward, forward_all
from schemas.precision import Precision
from tests.labelers.networks import small_labeler


def test_many_batches_at_once_give_what_each_gives_alone_and_leave_the_threads_as_they_were() -> None:
    network = small_labeler().network
    batches = list(fixed_batches([tuple(i % 9 + 2 for i in range(n)) for n in (2, 7, 12, 19, 25, 33)]))
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        together = [output.scores for output in forward_all(network, batches, precision=Precision.FLOAT32)]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)

    for batch, scores in zip(batches, together, strict=True):
        assert torch.equal(scores, forward(network, batch, precision=Precision.FLOAT32).scores)
