"""The copy step with the package `dnc` of PyPI, where it is installed: `pip install --no-deps dnc==1.1.0`.

It is the package's network as it is: inputs, LSTM, memory, heads and outputs have the sizes of the row. It computes something
else, so its loss is not compared: its reads go to the outputs alone and not to the controller, keys and what is written go
through tanh, and strengths are not 1 or more.
"""
import sys

from torch.nn import functional as F

import ntm_torch

try:
    from dnc import DNC
except ModuleNotFoundError:
    sys.exit("  the package dnc is not installed")


class Model(ntm_torch.Model):
    """Optimiser and step of training are those of the Turing machine."""

    def __init__(self, p, batch, settings, compiled):
        self.network = DNC(
            batch["inputs"].shape[2], p["controller.layer0.h0"].numel(), num_hidden_layers=1, nr_cells=settings["rows"],
            cell_size=settings["columns"], read_heads=settings["readHeads"], batch_first=False)
        super().__init__(dict(self.network.named_parameters()), batch, settings, compiled)

    def loss(self):
        outputs, _ = self.network(self.batch["inputs"], (None, None, None), reset_experience=True)
        y, first = self.batch["targets"], self.batch["first"]
        return F.binary_cross_entropy_with_logits(outputs[first:, :, :y.shape[2]], y[first:])
