// Makes source/generated, the client of the API, from protos/ by protoc, buf and protoc-gen-es.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(fileURLToPath(import.meta.url));
const root = dirname(web);
const tools = process.env.REKAM_TOOLS ?? resolve(root, ".venv/bin");
if (!existsSync(join(tools, "python"))) {
  console.error(`There is no Python in ${tools}: run \`make setup\` first, or name the folder in REKAM_TOOLS.`);
  process.exit(1);
}

// google.rpc's ErrorInfo, LocalizedMessage and their like come as a descriptor inside a wheel.
const WRITE_ERROR_DETAILS = `
import sys
from google.protobuf import descriptor_pb2, duration_pb2
from google.rpc import error_details_pb2
files = descriptor_pb2.FileDescriptorSet()
for module in (duration_pb2, error_details_pb2):
    module.DESCRIPTOR.CopyToProto(files.file.add())
open(sys.argv[1], "wb").write(files.SerializeToString())
`;

function run(command, ...words) {
  const env = { ...process.env, PATH: `${tools}${delimiter}${process.env.PATH}` };
  const { status, error } = spawnSync(command, words, { cwd: web, env, stdio: "inherit" });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

const folder = mkdtempSync(join(tmpdir(), "rekam-client-"));
try {
  const image = join(folder, "api.binpb");
  run(join(tools, "python"), join(root, "protos/generate.py"), "--image", image);
  const errors = join(folder, "errors.binpb");
  run(join(tools, "python"), "-c", WRITE_ERROR_DETAILS, errors);
  // The rules of protovalidate are the gateway's to apply; their descriptor alone would be a fifth of the page.
  run(
    "buf",
    "generate",
    image,
    "--template",
    "buf.gen.yaml",
    "--clean",
    "--path",
    "rekam",
    "--exclude-type",
    "buf.validate.**",
  );
  run("buf", "generate", errors, "--template", "buf.gen.yaml", "--path", "google/rpc");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
