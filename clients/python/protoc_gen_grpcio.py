"""A protoc plugin: messages, their type hints and gRPC stubs, by the protoc inside grpcio-tools.

buf runs plugins, and grpcio-tools has its generators built into a protoc that is not one.
"""

import sys
import tempfile
from pathlib import Path

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc


def main() -> int:
    request = CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    response = CodeGeneratorResponse(supported_features=CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL)
    with tempfile.TemporaryDirectory() as folder:
        descriptors = Path(folder, "descriptors.bin")
        descriptors.write_bytes(FileDescriptorSet(file=request.proto_file).SerializeToString())
        out = Path(folder, "out")
        out.mkdir()
        outputs = [f"--{kind}_out={out}" for kind in ("python", "pyi", "grpc_python")]
        code = protoc.main(["protoc", f"--descriptor_set_in={descriptors}", *outputs, *request.file_to_generate])
        if code != 0:
            return code
        for file in sorted(out.rglob("*.py*")):
            response.file.add(name=file.relative_to(out).as_posix(), content=file.read_text())
    sys.stdout.buffer.write(response.SerializeToString())
    return 0


if __name__ == "__main__":
    sys.exit(main())
