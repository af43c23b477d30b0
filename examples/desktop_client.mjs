// A front end in Node in fifty lines: capture a right index finger, show what is wrong meanwhile, keep the signed result.
//
// Needs `npm install @grpc/grpc-js @grpc/proto-loader` and the API's descriptor, which `python protos/generate.py --image
// rekam.binpb` writes. Run it beside `rekam serve --synthetic`:  node desktop_client.mjs rekam.binpb [ADDRESS]
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import * as loader from "@grpc/proto-loader";

const [image = "rekam.binpb", address = "127.0.0.1:7411"] = process.argv.slice(2);
const readable = { enums: String, longs: String, defaults: true };
const api = loader.loadFileDescriptorSetFromBuffer(await readFile(image), readable);
const { CaptureService } = grpc.loadPackageDefinition(api).rekam.v1;
const captures = new CaptureService(address, grpc.credentials.createInsecure());

/** One answer to one question, within ten seconds. */
const ask = (method, request) =>
  new Promise((resolve, reject) => {
    const done = (error, answer) => (error ? reject(error) : resolve(answer));
    captures[method](request, { deadline: Date.now() + 10_000 }, done);
  });

try {
  let { capture } = await ask("startCapture", {
    modality: "MODALITY_FINGER",
    position: "FINGER_POSITION_RIGHT_INDEX",
    holder: "Node example",
    wait: { seconds: 30 }, // queue, should another program hold the scanner
  });
  console.log(`Place the right index finger on ${capture.device_id}.`);

  const { capture_id } = capture;
  for await (const { live_quality, capture: changed } of captures.watchCapture({ capture_id })) {
    if (changed) capture = changed;
    const advice = live_quality?.guidance.map(({ remedy }) => remedy.en).join(", ");
    if (live_quality) console.log(`  quality ${live_quality.score}  ${advice}`);
  }
  console.log(`${capture.outcome}, quality ${capture.quality?.score ?? "none"}, number ${capture.sequence}`);

  if (!capture.parts.length) throw new Error("nothing was recorded");
  await mkdir(capture_id);
  for (const { part, name } of capture.parts) {
    const pieces = [];
    for await (const { data } of captures.downloadCapture({ capture_id, part })) pieces.push(data);
    await writeFile(join(capture_id, name), Buffer.concat(pieces));
  }
  const { ok } = await ask("verifyCapture", { capture_id });
  console.log(`kept in ${capture_id}/, signature ${ok ? "holds" : "does NOT hold"}`);
} catch (error) {
  console.error(`${error.details ?? error.message} (${grpc.status[error.code] ?? error.name})`);
  process.exitCode = 1;
} finally {
  captures.close();
}
