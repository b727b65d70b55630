"""The ONNX graph of the encoder, over the very bytes of `model.safetensors`.

Every weight of the graph is external data: file `model.safetensors`, offset and length of one fp16 tensor. So the
folder holds one set of weights; ONNX Runtime reads them at start and folds the casts to fp32.
"""

import json
import struct
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

OPSET = 20
"""The first with Gelu; LayerNormalization is there since 17."""
WEIGHTS = "model.safetensors"


class Graph:
    """Collects nodes and weights; every method returns the name of what it made."""

    def __init__(self, weights: Path) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.layout = safetensors_layout(weights)
        self.count = 0

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """One node with one output."""
        self.count += 1
        name = f"{kind}_{self.count}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, values: list[float] | list[int], shape: tuple[int, ...] | None = None) -> str:
        """A small constant, float32 or int64; a vector where no shape is given."""
        self.count += 1
        kind = TensorProto.FLOAT if isinstance(values[0], float) else TensorProto.INT64
        name = f"constant_{self.count}"
        self.initializers.append(helper.make_tensor(name, kind, (len(values),) if shape is None else shape, values))
        return name

    def half(self, key: str) -> str:
        """The fp16 tensor `key` of the weights file, as external data."""
        if not any(tensor.name == key for tensor in self.initializers):
            shape, offset, length = self.layout[key]
            tensor = TensorProto(name=key, data_type=TensorProto.FLOAT16, dims=shape)
            tensor.data_location = TensorProto.EXTERNAL
            for name, value in (("location", WEIGHTS), ("offset", offset), ("length", length)):
                tensor.external_data.add(key=name, value=str(value))
            self.initializers.append(tensor)
        return key

    def weight(self, key: str) -> str:
        """The tensor `key` in float32."""
        return self.op("Cast", self.half(key), to=TensorProto.FLOAT)

    def linear(self, values: str, key: str) -> str:
        """`values` (rows, in) through the linear layer `key`, whose weight is (out, in): (rows, out).

        Gemm reads the weight as it lies and adds the bias on the way; MatMul would need a transposed copy at each start
        and a further pass over its result.
        """
        return self.op("Gemm", values, self.weight(f"{key}.weight"), self.weight(f"{key}.bias"), transB=1)

    def norm(self, values: str, key: str, epsilon: float) -> str:
        """Layer normalisation over the last axis."""
        scale, bias = self.weight(f"{key}.weight"), self.weight(f"{key}.bias")
        return self.op("LayerNormalization", values, scale, bias, axis=-1, epsilon=epsilon)


def safetensors_layout(path: Path) -> dict[str, tuple[list[int], int, int]]:
    """Shape, offset in the file and length in bytes of each tensor; all must be fp16."""
    with path.open("rb") as stream:
        (size,) = struct.unpack("<Q", stream.read(8))
        header = json.loads(stream.read(size))
    header.pop("__metadata__", None)
    if not all(entry["dtype"] == "F16" for entry in header.values()):
        raise ValueError(f"expected F16 tensors only in {path}, got {sorted({e['dtype'] for e in header.values()})}")
    return {
        key: (entry["shape"], 8 + size + entry["data_offsets"][0], entry["data_offsets"][1] - entry["data_offsets"][0])
        for key, entry in header.items()
    }


def write(folder: Path) -> None:
    """Write `model.onnx` beside `model.safetensors` and `config.json`.

    Inputs `input_ids` and `attention_mask`, int64 (n, t); output `sentence_embedding`, float32 (n, dim), unit length.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    graph = Graph(folder / WEIGHTS)
    hidden = _embeddings(graph, config)
    bias, shape = _attention_bias(graph), _heads_shape(graph, config)
    for layer in range(config["num_hidden_layers"]):
        hidden = _layer(graph, hidden, bias, shape, f"encoder.layer.{layer}", config)
    _pooled(graph, hidden, config)
    model = helper.make_model(
        helper.make_graph(graph.nodes, "isek-de", _inputs(), [_output(config)], graph.initializers),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=9,
    )
    (folder / "model.onnx").write_bytes(model.SerializeToString())


def _inputs() -> list[onnx.ValueInfoProto]:
    return [helper.make_tensor_value_info(n, TensorProto.INT64, ["n", "t"]) for n in ("input_ids", "attention_mask")]


def _output(config: dict[str, Any]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["n", config["hidden_size"]])


def _embeddings(graph: Graph, config: dict[str, Any]) -> str:
    """Piece, position and segment embeddings, normalised: (n · t, dim). Only the rows in use are cast to float32."""
    place = "embeddings"
    pieces = graph.op("Gather", graph.half(f"{place}.word_embeddings.weight"), "input_ids")
    length = graph.op("Squeeze", graph.op("Shape", "input_ids", start=1, end=2))
    zero, one = graph.constant([0], ()), graph.constant([1], ())
    positions = graph.op(
        "Gather", graph.half(f"{place}.position_embeddings.weight"), graph.op("Range", zero, length, one)
    )
    segment = graph.op("Gather", graph.half(f"{place}.token_type_embeddings.weight"), zero)
    # In the order of BertEmbeddings: (pieces + segment) + positions.
    first, second, third = (graph.op("Cast", part, to=TensorProto.FLOAT) for part in (pieces, segment, positions))
    total = graph.op("Add", graph.op("Add", first, second), third)
    flat = graph.op("Reshape", total, graph.constant([-1, config["hidden_size"]]))
    return graph.norm(flat, f"{place}.LayerNorm", config["layer_norm_eps"])


def _heads_shape(graph: Graph, config: dict[str, Any]) -> str:
    """The shape (n, t, heads, dim / heads), as far as the input gives it."""
    heads = config["num_attention_heads"]
    return graph.op(
        "Concat", graph.op("Shape", "input_ids"), graph.constant([heads, config["hidden_size"] // heads]), axis=0
    )


def _attention_bias(graph: Graph) -> str:
    """0 where there is text, a large negative number where there is padding: (n, 1, 1, t)."""
    mask = graph.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    absent = graph.op("Sub", graph.constant([1.0]), mask)
    return graph.op("Unsqueeze", graph.op("Mul", absent, graph.constant([-1e9])), graph.constant([1, 2]))


def _layer(graph: Graph, hidden: str, bias: str, shape: str, key: str, config: dict[str, Any]) -> str:
    """One transformer layer, (n · t, dim) to (n · t, dim)."""
    epsilon = config["layer_norm_eps"]
    context = _attention(graph, hidden, bias, shape, f"{key}.attention.self", config)
    attended = graph.linear(context, f"{key}.attention.output.dense")
    hidden = graph.norm(graph.op("Add", attended, hidden), f"{key}.attention.output.LayerNorm", epsilon)
    inner = graph.op("Gelu", graph.linear(hidden, f"{key}.intermediate.dense"))
    outer = graph.linear(inner, f"{key}.output.dense")
    return graph.norm(graph.op("Add", outer, hidden), f"{key}.output.LayerNorm", epsilon)


def _attention(graph: Graph, hidden: str, bias: str, shape: str, key: str, config: dict[str, Any]) -> str:
    """Self-attention of all heads, (n · t, dim) to (n · t, dim)."""
    size = config["hidden_size"] // config["num_attention_heads"]
    query, keys, values = (
        graph.op("Reshape", graph.linear(hidden, f"{key}.{part}"), shape) for part in ("query", "key", "value")
    )
    scores = graph.op(
        "MatMul",
        graph.op("Transpose", query, perm=[0, 2, 1, 3]),
        graph.op("Transpose", keys, perm=[0, 2, 3, 1]),
    )
    scaled = graph.op("Add", graph.op("Mul", scores, graph.constant([size**-0.5])), bias)
    weights = graph.op("Softmax", scaled, axis=-1)
    context = graph.op("MatMul", weights, graph.op("Transpose", values, perm=[0, 2, 1, 3]))
    flat = graph.constant([-1, config["hidden_size"]])
    return graph.op("Reshape", graph.op("Transpose", context, perm=[0, 2, 1, 3]), flat)


def _pooled(graph: Graph, hidden: str, config: dict[str, Any]) -> None:
    """The mean over the text's positions, scaled to unit length: (n · t, dim) to (n, dim)."""
    size = graph.op("Concat", graph.op("Shape", "input_ids"), graph.constant([config["hidden_size"]]), axis=0)
    texts = graph.op("Reshape", hidden, size)
    mask = graph.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    weighted = graph.op("Mul", texts, graph.op("Unsqueeze", mask, graph.constant([2])))
    total = graph.op("ReduceSum", weighted, graph.constant([1]), keepdims=0)
    norm = graph.op("ReduceL2", total, graph.constant([1]), keepdims=1)
    graph.nodes.append(
        helper.make_node("Div", [total, graph.op("Max", norm, graph.constant([1e-12]))], ["sentence_embedding"])
    )
