"""From a trained network to the file that ships: float ONNX, then int8."""

import copy
import subprocess
from pathlib import Path

import onnx
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def folded(model: nn.Module) -> nn.Module:
    """A copy in which every batch normalisation is part of the convolution before it."""
    model = copy.deepcopy(model).eval().to("cpu", memory_format=torch.contiguous_format)
    for unit in model.modules():
        if isinstance(unit, nn.Sequential) and len(unit) > 1 and isinstance(unit[1], nn.BatchNorm2d):
            unit[0], unit[1] = fuse_conv_bn_eval(unit[0], unit[1]), nn.Identity()
    return model


def to_onnx(model: nn.Module, shape: tuple[int, ...], path: Path, outputs: list[str], spatial: bool = False) -> None:
    """Writes `model` with its normalisations folded. With `spatial`, height and width
    of the input stay open."""
    path.parent.mkdir(parents=True, exist_ok=True)
    axes = {"input": {2: "height", 3: "width"}} if spatial else None
    torch.onnx.export(folded(model), (torch.zeros(shape),), str(path), input_names=["input"],
                      output_names=outputs, dynamic_axes=axes, opset_version=17, dynamo=False)
    onnx.checker.check_model(onnx.load(path))


def quantize(edgecull: Path, model: Path, calibration: Path, output: Path, *options: str) -> None:
    """Runs `edgecull model quantize` (built with the feature `onnx`)."""
    output.parent.mkdir(parents=True, exist_ok=True)
    # The command writes over nothing.
    output.unlink(missing_ok=True)
    command = [edgecull, "model", "quantize", model, "--calibrate", calibration, "-o", output, *options]
    subprocess.run([str(part) for part in command], check=True)
