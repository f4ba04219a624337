#!/usr/bin/env python3
"""The tutor's network beside LiteRT, ONNX Runtime and PyTorch, one thread, CPU time, in one run.

Usage: Tests/Benchmarks/infer.py PATH-OF-satchel
Peers take part where they are installed: pip install ai-edge-litert tflite flatbuffers onnx onnxruntime torch
Peers run 100 -> 128 -> 64 -> 1 in float32. Ours runs what it serves with, 148 -> 128 -> 64 -> 4 in whole numbers: 100 features
and 48 recurrent inputs, four heads. So it does 30 % more products.
"""
import json, os, statistics, subprocess, sys, time

os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np

ROWS = (1, 1000, 10_000)
draw = np.random.default_rng(1)
layers = [(draw.normal(0, 0.1, (rows, columns)).astype(np.float32),
           draw.normal(0, 0.1, columns).astype(np.float32))
          for rows, columns in ((100, 128), (128, 64), (64, 1))]


def plain(x):
    for number, (weights, bias) in enumerate(layers):
        x = x @ weights + bias
        if number < 2:
            x = np.maximum(x, 0)
    return x


def onnx_runner(rows):
    import onnx, onnxruntime
    from onnx import TensorProto, helper, numpy_helper
    nodes, constants, name = [], [], "x"
    for number, (weights, bias) in enumerate(layers):
        constants += [numpy_helper.from_array(weights, f"w{number}"), numpy_helper.from_array(bias, f"b{number}")]
        nodes.append(helper.make_node("Gemm", [name, f"w{number}", f"b{number}"], [f"g{number}"]))
        name = f"g{number}"
        if number < 2:
            nodes.append(helper.make_node("Relu", [name], [f"r{number}"]))
            name = f"r{number}"
    graph = helper.make_graph(nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [rows, 100])],
                              [helper.make_tensor_value_info(name, TensorProto.FLOAT, [rows, 1])], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"x": x})[0]


def litert_bytes(rows):
    """The network as a TFLite flatbuffer: three FULLY_CONNECTED operators."""
    import flatbuffers, tflite
    b = flatbuffers.Builder(1 << 20)
    data = [b""]
    for weights, bias in layers:
        data += [np.ascontiguousarray(weights.T).tobytes(), bias.tobytes()]
    buffers = []
    for content in data:
        vector = b.CreateByteVector(content) if content else None
        tflite.BufferStart(b)
        if vector is not None:
            tflite.BufferAddData(b, vector)
        buffers.append(tflite.BufferEnd(b))

    def ints(values, start):
        start(b, len(values))
        for value in reversed(values):
            b.PrependInt32(value)
        return b.EndVector()

    tensors = []

    def tensor(name, shape, buffer):
        text, extents = b.CreateString(name), ints(shape, tflite.TensorStartShapeVector)
        tflite.TensorStart(b)
        tflite.TensorAddShape(b, extents)
        tflite.TensorAddType(b, tflite.TensorType.FLOAT32)
        tflite.TensorAddBuffer(b, buffer)
        tflite.TensorAddName(b, text)
        tensors.append(tflite.TensorEnd(b))
        return len(tensors) - 1

    name, operators = tensor("x", [rows, 100], 0), []
    first = name
    for number, (weights, bias) in enumerate(layers):
        inputs = [name, tensor(f"w{number}", list(weights.T.shape), 1 + 2 * number),
                  tensor(f"b{number}", [len(bias)], 2 + 2 * number)]
        name = tensor(f"y{number}", [rows, len(bias)], 0)
        tflite.FullyConnectedOptionsStart(b)
        tflite.FullyConnectedOptionsAddFusedActivationFunction(
            b, tflite.ActivationFunctionType.RELU if number < 2 else tflite.ActivationFunctionType.NONE)
        options = tflite.FullyConnectedOptionsEnd(b)
        taken = ints(inputs, tflite.OperatorStartInputsVector)
        given = ints([name], tflite.OperatorStartOutputsVector)
        tflite.OperatorStart(b)
        tflite.OperatorAddOpcodeIndex(b, 0)
        tflite.OperatorAddInputs(b, taken)
        tflite.OperatorAddOutputs(b, given)
        tflite.OperatorAddBuiltinOptionsType(b, tflite.BuiltinOptions.FullyConnectedOptions)
        tflite.OperatorAddBuiltinOptions(b, options)
        operators.append(tflite.OperatorEnd(b))

    def offsets(values, start):
        start(b, len(values))
        for value in reversed(values):
            b.PrependUOffsetTRelative(value)
        return b.EndVector()

    all_tensors = offsets(tensors, tflite.SubGraphStartTensorsVector)
    all_operators = offsets(operators, tflite.SubGraphStartOperatorsVector)
    taken, given = ints([first], tflite.SubGraphStartInputsVector), ints([name], tflite.SubGraphStartOutputsVector)
    tflite.SubGraphStart(b)
    tflite.SubGraphAddTensors(b, all_tensors)
    tflite.SubGraphAddInputs(b, taken)
    tflite.SubGraphAddOutputs(b, given)
    tflite.SubGraphAddOperators(b, all_operators)
    graphs = offsets([tflite.SubGraphEnd(b)], tflite.ModelStartSubgraphsVector)
    tflite.OperatorCodeStart(b)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(b, tflite.BuiltinOperator.FULLY_CONNECTED)
    tflite.OperatorCodeAddBuiltinCode(b, tflite.BuiltinOperator.FULLY_CONNECTED)
    tflite.OperatorCodeAddVersion(b, 1)
    codes = offsets([tflite.OperatorCodeEnd(b)], tflite.ModelStartOperatorCodesVector)
    all_buffers = offsets(buffers, tflite.ModelStartBuffersVector)
    tflite.ModelStart(b)
    tflite.ModelAddVersion(b, 3)
    tflite.ModelAddOperatorCodes(b, codes)
    tflite.ModelAddSubgraphs(b, graphs)
    tflite.ModelAddBuffers(b, all_buffers)
    b.Finish(tflite.ModelEnd(b), file_identifier=b"TFL3")
    return bytes(b.Output())


def litert_runner(rows):
    from ai_edge_litert.interpreter import Interpreter
    net = Interpreter(model_content=litert_bytes(rows), num_threads=1)
    net.allocate_tensors()
    taken, given = net.get_input_details()[0]["index"], net.get_output_details()[0]["index"]

    def run(x):
        net.set_tensor(taken, x)
        net.invoke()
        return net.get_tensor(given)

    # What a program in C would pay: the input is there already.
    run.bare = net.invoke
    return run


def torch_runner(rows):
    import torch
    torch.set_num_threads(1)
    held = [(torch.from_numpy(weights), torch.from_numpy(bias)) for weights, bias in layers]

    def run(x):
        y = torch.from_numpy(x)
        with torch.inference_mode():
            for number, (weights, bias) in enumerate(held):
                y = torch.addmm(bias, y, weights)
                if number < 2:
                    y = torch.relu(y)
        return y.numpy()

    return run


def measure(run, x):
    bare = getattr(run, "bare", None)
    call = bare if bare else (lambda: run(x))
    times = max(1, 20_000 // len(x))
    for _ in range(3):
        call()
    samples = []
    for _ in range(7):
        start = time.process_time()
        for _ in range(times):
            call()
        samples.append((time.process_time() - start) / times)
    return statistics.median(samples)


figures = {}
for name, make in (("LiteRT", litert_runner), ("ONNX Runtime", onnx_runner), ("PyTorch", torch_runner)):
    try:
        for rows in ROWS:
            x = draw.normal(0, 1, (rows, 100)).astype(np.float32)
            run = make(rows)
            if np.abs(run(x) - plain(x)).max() > 1e-3:
                sys.exit(f"{name} computes something else")
            figures[name, rows] = measure(run, x)
    except ImportError as error:
        print(f"{name}: skipped, not installed ({error})")
answer = json.loads(subprocess.run([sys.argv[1], "bench", "infer", "--json"], check=True,
                                   capture_output=True, text=True).stdout)
ours = {result["name"]: result["value"] for result in answer["results"]}
scale = {1: ("us", 1e6), 1000: ("ms", 1e3), 10_000: ("ms", 1e3)}
for rows in ROWS:
    unit, factor = scale[rows]
    own = ours[f"infer.{rows}"]
    line = [f"{rows} rows: satchel {own:.2f} {unit}"]
    for (name, count), seconds in figures.items():
        if count == rows:
            line.append(f"{name} {seconds * factor:.2f} (ratio {own / (seconds * factor):.2f})")
    print(", ".join(line))
rank = ours["infer.rank.10000"]
line = [f"10000 items ranked for one learner, with reasons: satchel {rank:.2f} ms"]
for (name, count), seconds in figures.items():
    if count == 10_000:
        line.append(f"{rank / (seconds * 1e3):.2f} of {name}'s 10000 rows")
print(", ".join(line))
