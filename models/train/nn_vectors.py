#!/usr/bin/env python3
"""What TensorFlow Lite's reference kernels make of int8 layers: vectors for tests.

    python nn_vectors.py              writes ops.json and mobilenet.json
    python nn_vectors.py --check      says whether they are as they would be written

They go to tests/data/nn, whose README tells what they hold. Everything comes from
random numbers with fixed seeds. What the kernels give (LiteRT with BUILTIN_REF) is
also computed here, in plain integers: the script fails where the two differ.
"""

import argparse
import json
import sys
import zlib
from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

FOLDER = Path(__file__).resolve().parents[2] / "tests/data/nn"
ACTIVATIONS = {"none": 0, "relu": 1, "relu6": 3}
PADDINGS = {"same": 0, "valid": 1}
UNARY = ["relu", "relu6", "hard_swish", "leaky_relu", "logistic", "quantize"]


# Graphs for LiteRT.


class Graph:
    """A .tflite file that grows by layers."""

    def __init__(self):
        self.model, self.graph = schema.ModelT(), schema.SubGraphT()
        self.model.version, self.model.subgraphs = 3, [self.graph]
        self.model.buffers, self.model.operatorCodes = [schema.BufferT()], []
        self.graph.tensors, self.graph.operators = [], []

    def tensor(self, shape, scales=None, zero_point=0, data=None, axis=0):
        tensor = schema.TensorT()
        tensor.shape, tensor.name = list(shape), f"t{len(self.graph.tensors)}"
        tensor.type = schema.TensorType.INT8
        if data is not None:
            if data.dtype == np.int32:
                tensor.type = schema.TensorType.INT32
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            tensor.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        if scales is not None:
            scales = np.atleast_1d(np.float32(scales))
            tensor.quantization = quantization = schema.QuantizationParametersT()
            quantization.scale = scales
            quantization.zeroPoint = np.full(len(scales), zero_point, np.int64)
            quantization.quantizedDimension = axis
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def operator(self, name, inputs, output, version, **options):
        code, operator = schema.OperatorCodeT(), schema.OperatorT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), version
        operator.opcodeIndex = len(self.model.operatorCodes)
        operator.inputs, operator.outputs = inputs, [output]
        kind = options.pop("kind", None)
        if kind:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
            operator.builtinOptions = getattr(schema, kind + "T")()
            for key, value in options.items():
                assert hasattr(operator.builtinOptions, key), key
                setattr(operator.builtinOptions, key, value)
        self.model.operatorCodes.append(code)
        self.graph.operators.append(operator)

    def layer(self, case, inputs):
        """Adds a layer, described as in ops.json; gives its output tensor."""
        op, shape = case["op"], [1, *case["output"]["shape"]]
        if op in ("dense", "softmax") and shape[1:3] == [1, 1]:
            shape = [1, shape[3]]
        output = self.tensor(shape, case["output"]["scale"], case["output"]["zero_point"])
        inputs = list(inputs)
        window = {}
        if "kernel" in case:
            window["padding"] = PADDINGS[case["padding"]]
            window["strideH"], window["strideW"] = case["stride"]
        if "activation" in case:
            window["fusedActivationFunction"] = ACTIVATIONS[case["activation"]]
        if "weights" in case:
            weights, scales = case["weights"], case["weight_scales"]
            axis = 3 if op == "depthwise_conv2d" else 0
            products = np.float32(case["inputs"][0]["scale"]) * scales
            inputs += [
                self.tensor(weights.shape, scales, 0, weights, axis),
                self.tensor(case["bias"].shape, products, 0, case["bias"]),
            ]
        if op == "conv2d":
            self.operator("CONV_2D", inputs, output, 3, kind="Conv2DOptions", **window)
        elif op == "depthwise_conv2d":
            window["depthMultiplier"] = 1
            self.operator(
                "DEPTHWISE_CONV_2D", inputs, output, 3, kind="DepthwiseConv2DOptions", **window
            )
        elif op == "dense":
            self.operator(
                "FULLY_CONNECTED", inputs, output, 4, kind="FullyConnectedOptions", **window
            )
        elif op in ("average_pool2d", "max_pool2d"):
            window["filterHeight"], window["filterWidth"] = case["kernel"]
            name = op.upper().replace("POOL2D", "POOL_2D")
            self.operator(name, inputs, output, 2, kind="Pool2DOptions", **window)
        elif op == "global_average":
            axes = np.array([1, 2], np.int32)
            inputs.append(self.tensor([2], data=axes))
            self.operator("MEAN", inputs, output, 2, kind="ReducerOptions", keepDims=True)
        elif op == "add":
            self.operator("ADD", inputs, output, 2, kind="AddOptions", **window)
        elif op == "concat":
            self.operator(
                "CONCATENATION", inputs, output, 2, kind="ConcatenationOptions", axis=3, **window
            )
        elif op == "resize2x":
            height, width, _ = case["output"]["shape"]
            inputs.append(self.tensor([2], data=np.array([height, width], np.int32)))
            self.operator(
                "RESIZE_NEAREST_NEIGHBOR", inputs, output, 3,
                kind="ResizeNearestNeighborOptions",
                halfPixelCenters=case["half_pixel_centers"],
            )
        elif op == "softmax":
            self.operator("SOFTMAX", inputs, output, 2, kind="SoftmaxOptions", beta=1.0)
        elif op == "leaky_relu":
            alpha = float(case["alpha"])
            self.operator("LEAKY_RELU", inputs, output, 2, kind="LeakyReluOptions", alpha=alpha)
        else:
            self.operator(op.upper(), inputs, output, 2 if op != "hard_swish" else 1)
        return output

    def bytes(self, inputs, output):
        self.graph.inputs, self.graph.outputs = inputs, [output]
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def reference(graph, inputs, data, outputs):
    """What BUILTIN_REF makes of the inputs' data: the tensors in `outputs`."""
    interpreter = Interpreter(
        model_content=graph.bytes(inputs, outputs[-1]),
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    for tensor, values in zip(inputs, data):
        interpreter.set_tensor(tensor, values[None])
    interpreter.invoke()
    return [interpreter.get_tensor(tensor)[0].copy() for tensor in outputs]


# The same in plain integers.


def high_product(a, b):
    """gemmlowp's saturating rounding doubling high multiplication: halves go up."""
    return (np.int64(a) * np.int64(b) + (1 << 30)) >> 31


def divided(x, exponent):
    """Divided by 2^exponent; halves go away from zero."""
    x = np.int64(x)
    half = (np.int64(1) << exponent) >> 1
    return np.where(x < 0, -((-x + half) >> exponent), (x + half) >> exponent)


def multiplier(real):
    """Mantissa in 31 bits, and exponent."""
    fraction, exponent = np.frexp(np.float64(real))
    mantissa = int(np.floor(fraction * 2**31 + 0.5))
    if mantissa == 2**31:
        mantissa, exponent = 2**30, exponent + 1
    return (mantissa, int(exponent)) if exponent >= -31 else (0, 0)


def scaled(x, factor):
    """`x` times a (mantissa, exponent), rounded twice."""
    mantissa, exponent = factor
    return divided(high_product(np.int64(x) << max(exponent, 0), mantissa), max(-exponent, 0))


def rounded(x):
    """To the nearest integer; halves go away from zero."""
    return np.int64(np.sign(x) * np.floor(np.abs(x) + x.dtype.type(0.5)))


def clamp(case):
    """The least and greatest output that the activation lets through."""
    scale, zero_point = case["output"]["scale"], case["output"]["zero_point"]
    name = case.get("activation", "none")
    name = case["op"] if case["op"] in ("relu", "relu6") else name
    low = -128 if name == "none" else max(-128, zero_point)
    six = zero_point + int(rounded(np.float32(6) / scale))
    return [low, min(127, six) if name == "relu6" else 127]


def windows(x, case, filling):
    """For each tap, the inputs under it: (taps, height, width, channels)."""
    top, left, bottom, right = case["pads"]
    (kh, kw), (sh, sw) = case["kernel"], case["stride"]
    x = np.pad(x, ((top, bottom), (left, right), (0, 0)), constant_values=filling)
    height, width, _ = case["output"]["shape"]
    return np.array([
        x[ky : ky + sh * (height - 1) + 1 : sh, kx : kx + sw * (width - 1) + 1 : sw]
        for ky in range(kh) for kx in range(kw)
    ])


def sums(case):
    """Sums of products and bias, 32 bits wide in the kernels."""
    x = np.int64(case["inputs"][0]["data"]) - case["inputs"][0]["zero_point"]
    weights = np.int64(case["weights"])
    if case["op"] == "dense":
        return x.reshape(1, 1, -1) @ weights.T + case["bias"]
    taps = windows(x, case, 0)
    if case["op"] == "depthwise_conv2d":
        return np.einsum("thwc,tc->hwc", taps, weights.reshape(len(taps), -1)) + case["bias"]
    weights = weights.reshape(len(weights), len(taps), -1)
    return np.einsum("thwc,otc->hwo", taps, weights) + case["bias"]


def scaled_once(x, factor):
    """`x` times a (mantissa, exponent), rounded once; halves go away from zero."""
    mantissa, exponent = factor
    return divided(np.int64(x) * mantissa, 31 - exponent)


def factors(case):
    """What the sums of each output channel are multiplied by: reals."""
    source, target = (np.float64(t["scale"]) for t in (case["inputs"][0], case["output"]))
    scales = source * np.float64(case["weight_scales"]) / target
    return np.broadcast_to(scales, len(case["bias"]))


def exponential(a):
    """gemmlowp's e^a for a <= 0 with 26 bits of fraction: 31 bits of fraction."""
    quarter = np.int64(1) << 24
    rest = (a & (quarter - 1)) - quarter
    x = (rest << 5) + (1 << 28)
    x2 = high_product(x, x)
    x3, x4 = high_product(x2, x), high_product(x2, x2)
    tail = divided(high_product(divided(x4, 2) + x3, 715827883) + x2, 1)
    result = 1895147668 + high_product(1895147668, x + tail)
    factors = [1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242]
    for bit, factor in enumerate(factors, 24):
        taken = ((rest - a) >> bit) & 1
        result = np.where(taken == 1, high_product(result, factor), result)
    return np.where(a == 0, (1 << 31) - 1, result)


def reciprocal(a):
    """gemmlowp's 1 / (1 + a) for a in 0..1, 31 bits of fraction: Newton's method."""
    half = (np.int64(a) + (1 << 31)) >> 1  # of a and the greatest fraction, rounded
    x = 1515870810 + high_product(half, -1010580540)
    for _ in range(3):
        x = x + (high_product(x, (1 << 29) - high_product(half, x)) << 2)
    return np.minimum(x << 1, (1 << 31) - 1)


def logistic(x, scale):
    """Of `x` less its zero point; in doubles."""
    real = 1 / (1 + np.exp(-x * np.float64(scale)))
    return np.minimum(rounded(real * 256) - 128, 127)


def softmax(x, scale):
    """Along the last axis, in gemmlowp's fixed point; the result has scale 1/256 and
    zero point -128."""
    factor = multiplier(min(np.float64(scale) * 2**26, 2.0**31 - 1))
    least = -((31 << 26) >> factor[1])
    below = np.int64(x) - np.int64(x).max(-1, keepdims=True)
    exps = exponential(scaled(np.maximum(below, least), factor))
    exps = np.where(below >= least, exps, 0)
    total = divided(exps, 12).sum(-1, keepdims=True)
    zeros = 32 - np.ceil(np.log2(total + 1)).astype(np.int64)
    inverse = reciprocal((total << zeros) - (1 << 31))
    result = divided(high_product(inverse, exps), 12 - zeros + 23) - 128
    return np.minimum(result, 127)


def narrow(x, bits=16):
    return np.clip(x, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def hard_swish(x, source, target):
    """In 16 bits; `x` less its zero point."""
    fine = np.float32(1 / 128) * source
    scale, shift = multiplier(np.float64(fine / target))
    relu, relu_shift = multiplier(np.float64(fine / np.float32(3 / 32768)))
    scale, relu = (min((m + (1 << 15)) >> 16, 32767) for m in (scale, relu))
    product = lambda a, b: (a * b + (1 << 14)) >> 15
    fine = np.int64(x) << 7
    gate = narrow(fine << max(relu_shift - 1, 0))
    gate = narrow(product(gate, relu) << (relu_shift > 0))
    gate = (divided(gate, max(-relu_shift, 0)) + (1 << 15)) >> 1
    whole = gate * product(fine, scale)
    return divided(np.sign(whole) * (np.abs(whole) >> 15), -shift)


def average(total, count, factor):
    """A mean over `count` values: the division is part of the multiplier."""
    mantissa, exponent = factor
    shift = min(int(count).bit_length() - 1, 31 + exponent)
    return scaled(total, ((mantissa << shift) // count, exponent - shift))


def predicted(case):
    """The layer's output."""
    op, first, target = case["op"], case["inputs"][0], case["output"]
    source, zero_point = np.float32(first["scale"]), target["zero_point"]
    x = np.int64(first["data"]) - first["zero_point"]
    ratio = multiplier(np.float64(source) / np.float64(target["scale"]))
    if "weights" in case:
        total, reals = sums(case), factors(case)
        y = [scaled(total[..., i], multiplier(real)) for i, real in enumerate(reals)]
        if op == "dense":
            # LiteRT does this in doubles. One rounding of a 31-bit multiplier gives the
            # same, but for about 1 in 6,000 of the sums nearest to a half.
            y = rounded(total * reals)
            once = [scaled_once(total[..., i], multiplier(real)) for i, real in enumerate(reals)]
            assert np.array_equal(y, np.stack(once, -1))
        y = (y if op == "dense" else np.stack(y, -1)) + zero_point
    elif op == "average_pool2d":
        total = windows(np.int64(first["data"]), case, 0).sum(0)
        count = windows(np.ones_like(x), case, 0).sum(0)
        y = np.sign(total) * ((np.abs(total) + count // 2) // count)
    elif op == "max_pool2d":
        y = windows(np.int64(first["data"]), case, -128).max(0)
    elif op == "global_average":
        count = x.shape[0] * x.shape[1]
        y = average(x.sum((0, 1), keepdims=True), count, ratio) + zero_point
    elif op == "add":
        scales = [np.float32(t["scale"]) for t in case["inputs"]]
        twice = np.float64(2 * max(scales))
        terms = [
            scaled((np.int64(t["data"]) - t["zero_point"]) << 20, multiplier(s / twice))
            for t, s in zip(case["inputs"], scales)
        ]
        y = scaled(sum(terms), multiplier(twice / (2**20 * np.float64(target["scale"]))))
        y = y + zero_point
    elif op == "concat":
        y = np.concatenate([
            predicted({"op": "quantize", "inputs": [t], "output": {**target, "shape": None}})
            for t in case["inputs"]
        ], -1)
    elif op == "resize2x":
        y = np.int64(first["data"]).repeat(2, 0).repeat(2, 1)
    elif op == "softmax":
        y = softmax(x, source)
    elif op == "logistic":
        y = logistic(x, source)
    elif op == "hard_swish":
        y = hard_swish(x, source, np.float32(target["scale"])) + zero_point
    elif op == "leaky_relu":
        steep = multiplier(np.float64(source) * np.float64(case["alpha"]) / target["scale"])
        y = np.where(x >= 0, scaled(x, ratio), scaled(x, steep)) + zero_point
    else:
        y = scaled(x, ratio) + zero_point
    return np.clip(y, *clamp(case)).astype(np.int8)


# Cases with one layer.


def activations(rng, shape, scale=None, zero_point=None, data=None):
    if scale is None:
        scale = np.float32(np.exp(rng.uniform(np.log(0.004), np.log(0.2))))
    if zero_point is None:
        zero_point = int(rng.integers(-128, 128))
    if data is None:
        data = rng.integers(-128, 128, shape).astype(np.int8)
    return {"shape": list(shape), "scale": scale, "zero_point": zero_point, "data": data}


def fitted(real, rng=None):
    """Scale and zero point that suit these reals, more or less."""
    low, high = (float(np.percentile(real, p)) for p in (1, 99))
    low, high = min(low, 0.0), max(high, 1e-3)
    scale = (high - low) / 255 * (rng.uniform(0.7, 1.2) if rng else 1)
    return {"scale": np.float32(scale), "zero_point": int(np.clip(-128 - low / scale, -128, 127))}


def extent(size, kernel, stride, padding):
    """Outputs along an axis, and the padding on its two sides."""
    if padding == "valid":
        return (size - kernel) // stride + 1, 0, 0
    count = -(-size // stride)
    total = max((count - 1) * stride + kernel - size, 0)
    return count, total // 2, total - total // 2


def windowed(shape, channels, kernel, stride, padding):
    (height, top, bottom), (width, left, right) = (
        extent(shape[i], kernel[i], stride[i], padding) for i in (0, 1)
    )
    return {
        "kernel": list(kernel), "stride": list(stride), "padding": padding,
        "pads": [top, left, bottom, right], "output": {"shape": [height, width, channels]},
    }


def weighted(rng, case, shape, channels, per_channel=True):
    """Adds weights and bias, and an output's scale that suits them."""
    weights = rng.integers(-127, 128, shape).astype(np.int8)
    scales = np.exp(rng.uniform(np.log(0.001), np.log(0.02), channels if per_channel else 1))
    bound = 40 * 73 * int(np.sqrt(weights.size // channels))
    bias = rng.integers(-bound, bound + 1, channels).astype(np.int32)
    case |= {"weights": weights, "weight_scales": np.float32(scales), "bias": bias}
    real = sums(case) * (case["inputs"][0]["scale"] * case["weight_scales"])
    # An activation cuts off some of what the zero point leaves room for.
    low = None if case["activation"] == "none" else np.percentile(real, 25)
    top = 6.0 if case["activation"] == "relu6" else None
    case["output"] |= fitted(np.clip(real, low, top), rng)
    return decided(case)


def decided(case):
    """Changes each channel's bias a little, so that it matters for the first output
    whether its sum is rounded once or twice."""
    near = sorted(range(-20000, 20001), key=abs)
    reals = factors(case)
    for channel, (total, real) in enumerate(zip(sums(case)[0, 0], reals)):
        candidates = total + np.array(near)
        once, twice = (
            np.clip(way(candidates, multiplier(real)) + case["output"]["zero_point"], *clamp(case))
            for way in (scaled_once, scaled)
        )
        case["bias"][channel] += near[np.argmax(once != twice)]
    return case


def convolutions(rng):
    for index, (kernel, stride, padding, size, inputs, outputs) in enumerate([
        ((1, 1), (1, 1), "valid", (5, 7), 4, 20), ((1, 1), (1, 1), "same", (3, 5), 20, 17),
        ((1, 1), (2, 2), "same", (7, 6), 8, 5), ((3, 3), (1, 1), "same", (6, 5), 3, 8),
        ((3, 3), (2, 2), "same", (9, 8), 3, 16), ((3, 3), (2, 2), "same", (8, 9), 1, 4),
        ((3, 3), (1, 1), "valid", (5, 6), 13, 7), ((3, 3), (2, 2), "valid", (11, 13), 4, 1),
        ((5, 5), (1, 1), "same", (7, 6), 2, 9), ((5, 5), (2, 2), "same", (8, 11), 4, 3),
        ((3, 5), (2, 1), "same", (6, 7), 5, 6), ((3, 3), (1, 1), "same", (2, 2), 7, 12),
    ]):
        case = {"op": "conv2d", "activation": ["none", "relu", "relu6"][index % 3]}
        case["inputs"] = [activations(rng, (*size, inputs))]
        case |= windowed(size, outputs, kernel, stride, padding)
        yield weighted(rng, case, (outputs, *kernel, inputs), outputs)
    # Multipliers above 1, and small ones; zero points at the ends.
    for zero_point, most, gain in ((-128, 1, 4.2), (127, 2, 1.3), (-128, 127, 0.001)):
        case = {"op": "conv2d", "activation": "none"}
        near = zero_point + np.arange(4) * (1 if zero_point < 0 else -1)
        data = rng.choice(near, (4, 4, 4)).astype(np.int8) if gain > 1 else None
        case["inputs"] = [activations(rng, (4, 4, 4), zero_point=zero_point, data=data)]
        case |= windowed((4, 4), 6, (3, 3), (1, 1), "same")
        case = weighted(rng, case, (6, 3, 3, 4), 6)
        case["weights"] = rng.integers(-most, most + 1, (6, 3, 3, 4)).astype(np.int8)
        case["bias"] = case["bias"] % 7 - 3 if gain > 1 else case["bias"]
        case["weight_scales"] = np.float32(rng.uniform(0.004, 0.006, 6))
        scale = case["inputs"][0]["scale"] * 0.005
        case["output"] |= {"scale": np.float32(scale / gain), "zero_point": 3}
        yield decided(case) if gain < 1 else case


def depthwise_convolutions(rng):
    for index, (kernel, stride, padding, size, channels) in enumerate([
        ((3, 3), (1, 1), "same", (6, 7), 8), ((3, 3), (2, 2), "same", (7, 7), 16),
        ((3, 3), (2, 2), "same", (8, 6), 5), ((3, 3), (1, 1), "valid", (5, 5), 20),
        ((5, 5), (1, 1), "same", (6, 5), 3), ((5, 5), (2, 2), "same", (9, 8), 12),
        ((3, 3), (2, 2), "valid", (7, 8), 1), ((1, 1), (1, 1), "same", (4, 3), 6),
        ((2, 3), (1, 2), "same", (5, 6), 33),
    ]):
        case = {"op": "depthwise_conv2d", "activation": ["relu6", "none", "relu"][index % 3]}
        case["inputs"] = [activations(rng, (*size, channels))]
        case |= windowed(size, channels, kernel, stride, padding)
        yield weighted(rng, case, (1, *kernel, channels), channels)


def dense_layers(rng):
    for index, (inputs, outputs) in enumerate([
        (1, 6), (7, 3), (16, 10), (33, 17), (64, 20), (20, 2), (100, 5), (9, 16),
    ]):
        case = {"op": "dense", "activation": ["none", "relu", "none", "relu6"][index // 2]}
        case["inputs"] = [activations(rng, (1, 1, inputs))]
        case["output"] = {"shape": [1, 1, outputs]}
        yield weighted(rng, case, (outputs, inputs), outputs, per_channel=index % 2 == 0)
    # Sums that lie just between two outputs.
    case = {"op": "dense", "activation": "none", "inputs": [activations(rng, (1, 1, 8))]}
    case["output"] = {"shape": [1, 1, 24]}
    case = weighted(rng, case, (24, 8), 24)
    for tensor, scale in ((case["inputs"][0], 2**-5), (case["output"], 2**-4)):
        tensor |= {"scale": np.float32(scale), "zero_point": 2}
    case["weight_scales"] = np.float32(2.0 ** -rng.integers(7, 10, 24))
    case["bias"] -= sums(case)[0, 0].astype(np.int32)
    halves = (2 * rng.integers(-20, 20, 24) + 1) / 2
    case["bias"] += np.int32(halves / factors(case))
    yield case


def pools(rng):
    for op in ("average_pool2d", "max_pool2d"):
        for index, (kernel, stride, padding, shape) in enumerate([
            ((2, 2), (2, 2), "valid", (6, 8, 5)), ((2, 2), (2, 2), "same", (7, 5, 4)),
            ((3, 3), (1, 1), "same", (5, 6, 3)), ((3, 3), (2, 2), "same", (8, 7, 17)),
            ((3, 2), (1, 2), "valid", (6, 6, 2)), ((5, 5), (3, 3), "same", (9, 10, 1)),
            ((4, 6), (1, 1), "valid", (4, 6, 9)),
        ]):
            scale, zero_point = np.float32(rng.uniform(0.03, 0.1)), int(rng.integers(-60, 20))
            first = activations(rng, shape, scale, zero_point)
            case = {"op": op, "inputs": [first]}
            case["activation"] = ["none", "none", "relu", "none", "relu6", "none", "none"][index]
            case |= windowed(shape, shape[2], kernel, stride, padding)
            case["output"] |= {key: first[key] for key in ("scale", "zero_point")}
            yield case


def averages(rng):
    for index, shape in enumerate([
        (3, 3, 64), (3, 3, 99), (1, 1, 6), (5, 7, 30),
        (2, 1, 80), (2, 3, 90), (12, 9, 9), (7, 7, 20),
    ]):
        first = activations(rng, shape)
        output = {"shape": [1, 1, shape[2]]}
        if index % 2 == 0:
            output |= {key: first[key] for key in ("scale", "zero_point")}
        else:
            real = first["data"].mean((0, 1)) - first["zero_point"]
            output |= fitted(first["scale"] * real, rng)
        yield {"op": "global_average", "inputs": [first], "output": output}


def additions(rng):
    for index, shape in enumerate(
        [(3, 5, 4), (4, 4, 7), (3, 3, 6), (2, 9, 3), (5, 3, 8), (6, 2, 5), (16, 16, 1), (16, 16, 1)]
    ):
        first, second = activations(rng, shape), activations(rng, shape)
        real = sum(t["scale"] * (np.float32(t["data"]) - t["zero_point"]) for t in (first, second))
        if index >= 6:
            # The same scales throughout; every value once.
            column = np.arange(-128, 128).reshape(shape).astype(np.int8)
            first |= {"data": column}
            second |= {key: first[key] for key in ("scale", "zero_point")}
        output = {"shape": list(shape)} | fitted(real, rng)
        activation = ["none", "relu", "relu6"][index % 3]
        yield {"op": "add", "inputs": [first, second], "output": output, "activation": activation}


def concatenations(rng):
    for index, (size, channels) in enumerate([
        ((3, 4), (2, 3)), ((5, 2), (1, 8, 4)), ((1, 1), (16, 7)),
        ((2, 3), (4, 4)), ((4, 4), (3, 1, 5)), ((3, 3), (6, 2)),
    ]):
        inputs = [activations(rng, (*size, count)) for count in channels]
        output = {"shape": [*size, sum(channels)]}
        output |= {key: inputs[-1][key] for key in ("scale", "zero_point")}
        if index < 3:
            for tensor in inputs:
                tensor |= {key: output[key] for key in ("scale", "zero_point")}
        yield {"op": "concat", "inputs": inputs, "output": output}


def resizes(rng):
    for index, shape in enumerate([
        (3, 4, 5), (5, 5, 1), (1, 1, 9), (2, 7, 3), (4, 1, 16), (6, 3, 2),
    ]):
        first = activations(rng, shape)
        output = {"shape": [2 * shape[0], 2 * shape[1], shape[2]]}
        output |= {key: first[key] for key in ("scale", "zero_point")}
        yield {
            "op": "resize2x", "inputs": [first], "output": output,
            "half_pixel_centers": index % 2 == 1,
        }


def softmaxes(rng):
    for channels, rows in [(2, 9), (10, 4), (3, 8), (1, 3), (5, 6), (20, 3), (256, 1), (7, 5)]:
        first = activations(rng, (1, rows, channels))
        output = {"shape": [1, rows, channels], "scale": np.float32(1 / 256), "zero_point": -128}
        yield {"op": "softmax", "inputs": [first], "output": output}


def unary(rng):
    """Functions of one value: all 256 inputs."""
    every = np.arange(-128, 128).reshape(16, 16, 1).astype(np.int8)
    for op in UNARY:
        for index in range(8):
            first = activations(rng, every.shape, data=every)
            case = {"op": op, "inputs": [first]}
            real = first["scale"] * (np.float32(every) - first["zero_point"])
            if op == "leaky_relu":
                case["alpha"] = np.float32([0.01, 0.1, 0.125, 0.2, 0.3, 0.5, 1.5, 0.05][index])
                real = np.where(real > 0, real, real * case["alpha"])
            elif op == "hard_swish":
                real = real * np.clip(real + 3, 0, 6) / 6
            elif op != "quantize":
                real = np.clip(real, 0, 6.0 if op == "relu6" else None)
            output = fitted(real, rng)
            if op == "logistic":
                output = {"scale": np.float32(1 / 256), "zero_point": -128}
            elif index == 0 and op != "hard_swish":
                output = {key: first[key] for key in ("scale", "zero_point")}
            case["output"] = {"shape": list(every.shape)} | output
            yield case


def solved(case):
    """The case with the output that LiteRT gives; fails unless it is as predicted."""
    graph = Graph()
    inputs = [
        graph.tensor([1, *t["shape"]], t["scale"], t["zero_point"]) for t in case["inputs"]
    ]
    terms, target = inputs, case["output"]
    if case["op"] == "concat":
        # The kernel takes no inputs of other scales: converters requantise them.
        terms = []
        for tensor, first in zip(inputs, case["inputs"]):
            same = all(first[key] == target[key] for key in ("scale", "zero_point"))
            requantise = {"op": "quantize", "output": {**target, "shape": first["shape"]}}
            terms.append(tensor if same else graph.layer(requantise, [tensor]))
    output = graph.layer(case, terms)
    (result,) = reference(graph, inputs, [t["data"] for t in case["inputs"]], [output])
    result = result.reshape(target["shape"])
    expected = predicted(case)
    if not np.array_equal(result, expected):
        sys.exit(f"{case['op']}: {(result != expected).sum()} of {result.size} not as predicted")
    if result.size > 10 and len(np.unique(result)) < 5:
        sys.exit(f"{case['op']}: all but constant")
    return {**case, "clamp": clamp(case), "output": {**target, "data": result}}


def cases():
    sources = [
        convolutions, depthwise_convolutions, dense_layers, pools, averages, additions,
        concatenations, resizes, softmaxes, unary,
    ]
    for seed, source in enumerate(sources):
        yield from map(solved, source(np.random.default_rng(seed)))


# A whole net, its weights made of numbers that a few lines of any language give.


class SplitMix:
    """Steele, Lea and Flood's SplitMix64; `take(n)` gives the next n numbers."""

    def __init__(self, seed):
        self.state = np.uint64(seed)

    def take(self, count):
        gamma = np.uint64(0x9E3779B97F4A7C15)
        with np.errstate(over="ignore"):
            z = self.state + gamma * np.arange(1, count + 1, dtype=np.uint64)
            self.state = self.state + gamma * np.uint64(count)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))

    def integers(self, low, high, count):
        """From low to high, both within."""
        span = np.uint64(high - low + 1)
        return low + ((self.take(count) >> np.uint64(32)) * span >> np.uint64(32)).astype(np.int64)

    def scales(self, exponent, count):
        """2^exponent to 2^(exponent + 1): the highest 23 bits are the mantissa."""
        mantissas = (self.take(count) >> np.uint64(41)).astype(np.uint32)
        return (mantissas | np.uint32((exponent + 127) << 23)).view(np.float32)


def drawn(layer, channels):
    """The layer with the weights, scales and bias that its recipe gives."""
    numbers, inputs = SplitMix(layer["seed"]), channels
    outputs = layer["output"]["shape"][2]
    shape = {
        "conv2d": (outputs, *layer.get("kernel", []), inputs),
        "depthwise_conv2d": (1, *layer.get("kernel", []), outputs),
        "dense": (outputs, inputs),
    }[layer["op"]]
    weights = numbers.integers(-127, 127, int(np.prod(shape))).reshape(shape)
    scales = numbers.scales(layer["scale_exponent"], outputs)
    bias = numbers.integers(*layer["bias_range"], outputs)
    return {
        **layer, "weights": weights.astype(np.int8), "weight_scales": scales,
        "bias": bias.astype(np.int32),
    }


def mobilenet():
    """MobileNet-v1-0.25 for 96x96 pixels and ten classes: layers without ranges."""
    shape = [96, 96, 3]

    def convolution(op, channels, kernel, stride):
        nonlocal shape
        layer = {"op": op, "activation": "relu6"}
        layer |= windowed(shape, channels, (kernel, kernel), (stride, stride), "same")
        fan = kernel * kernel * (1 if op == "depthwise_conv2d" else shape[2])
        shape = layer["output"]["shape"]
        return layer, fan

    layers = [convolution("conv2d", 8, 3, 2)]
    for stride, channels in [
        (1, 16), (2, 32), (1, 32), (2, 64), (1, 64), (2, 128), (1, 128), (1, 128), (1, 128),
        (1, 128), (1, 128), (2, 256), (1, 256),
    ]:
        layers.append(convolution("depthwise_conv2d", shape[2], 3, stride))
        layers.append(convolution("conv2d", channels, 1, 1))
    layers.append(({"op": "global_average", "output": {"shape": [1, 1, 256]}}, None))
    layers.append(({"op": "dense", "activation": "none", "output": {"shape": [1, 1, 10]}}, 256))
    layers.append(({"op": "softmax", "output": {"shape": [1, 1, 10]}}, None))
    for seed, (layer, fan) in enumerate(layers, 2):
        if fan:
            # He's initialisation: 73 is the deviation of the weights, 1.5 the mean scale.
            exponent = int(round(np.log2(np.sqrt(2 / fan) / (73 * 1.5))))
            # Classes closer together, so that softmax gives more than one of them.
            exponent -= 3 if layer["op"] == "dense" else 0
            layer |= {"seed": seed, "scale_exponent": exponent}
            # More of it above zero: so fewer channels die.
            bound = 73 * 73 * int(np.sqrt(fan))
            layer |= {"bias_range": [-bound // 2, 3 * bound // 2]}
    return [layer for layer, _ in layers]


def net_input():
    data = SplitMix(1).integers(-128, 127, 96 * 96 * 3).astype(np.int8).reshape(96, 96, 3)
    return {"shape": [96, 96, 3], "scale": np.float32(1 / 128), "zero_point": -1, "data": data}


def calibrated(layers, tensor):
    """The layers with weights and with scales of their outputs, fitted to this input."""
    for layer in layers:
        if "seed" in layer:
            layer = drawn(layer, tensor["shape"][2])
        layer = {**layer, "inputs": [tensor]}
        if "weights" in layer:
            real = sums(layer) * (np.float64(tensor["scale"]) * layer["weight_scales"])
            if layer["activation"] == "relu6":
                top = min(6.0, float(np.percentile(real, 99.9)))
                fit = {"scale": np.float32(top / 255), "zero_point": -128}
            else:
                fit = fitted(real)
        elif layer["op"] == "softmax":
            fit = {"scale": np.float32(1 / 256), "zero_point": -128}
        else:
            fit = {key: tensor[key] for key in ("scale", "zero_point")}
        layer["output"] = {**layer["output"], **fit}
        layer["output"]["data"] = predicted(layer)
        tensor = layer["output"]
        yield layer


def chained(layers, tensor):
    """The net as a graph: it, its input, and each layer's output."""
    graph = Graph()
    source = graph.tensor([1, *tensor["shape"]], tensor["scale"], tensor["zero_point"])
    at, outputs = source, []
    for layer in layers:
        at = graph.layer(layer, [at])
        outputs.append(at)
    return graph, source, outputs


def solved_net():
    """Input and layers; each layer's output as LiteRT gives it."""
    tensor = net_input()
    layers = list(calibrated(mobilenet(), tensor))
    graph, source, outputs = chained(layers, tensor)
    results = reference(graph, [source], [tensor["data"]], outputs)
    for number, (layer, result) in enumerate(zip(layers, results)):
        data = layer["output"]["data"]
        if not np.array_equal(data, result.reshape(data.shape)):
            sys.exit(f"layer {number} of the net is not as predicted")
        if data.size > 10 and np.bincount(data.reshape(-1).view(np.uint8)).max() > 0.8 * data.size:
            sys.exit(f"layer {number} of the net is all but constant")
    return tensor, layers


# Files.


def bits(scale):
    return int(np.float32(scale).view(np.uint32))


def written(value):
    """Arrays of bytes as hexadecimal digits, reals as the bits of an f32."""
    if isinstance(value, dict):
        return {key: written(item) for key, item in value.items()}
    if isinstance(value, np.ndarray) and value.dtype == np.int8:
        return value.tobytes().hex()
    if isinstance(value, np.ndarray) and value.dtype == np.float32:
        return [bits(item) for item in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list):
        return [written(item) for item in value]
    return bits(value) if isinstance(value, np.float32) else value


def lines(items):
    return ",\n".join(json.dumps(written(item), separators=(",", ":")) for item in items)


def ops_json():
    return '{"cases":[\n' + lines(cases()) + "\n]}\n"


def net_json():
    tensor, layers = solved_net()
    recipe = []
    for layer in layers:
        output = dict(layer["output"])
        output["crc32"] = zlib.crc32(output.pop("data").tobytes())
        drawn_ones = ("inputs", "weights", "weight_scales", "bias")
        rest = {key: value for key, value in layer.items() if key not in drawn_ones}
        recipe.append({**rest, "clamp": clamp(layer), "output": output})
    recipe[-1]["output"]["data"] = layers[-1]["output"]["data"]
    first = {**tensor, "seed": 1, "crc32": zlib.crc32(tensor["data"].tobytes())}
    del first["data"]
    head = json.dumps(written(first), separators=(",", ":"))
    return f'{{"name":"mobilenet-v1-0.25-96","input":{head},"layers":[\n{lines(recipe)}\n]}}\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, do not write")
    check = parser.parse_args().check
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in (("ops.json", ops_json()), ("mobilenet.json", net_json())):
        if not check:
            (FOLDER / name).write_text(text)
        elif (FOLDER / name).read_text() != text:
            sys.exit(f"{name} differs")
        print(name, len(text), "bytes")


if __name__ == "__main__":
    main()
