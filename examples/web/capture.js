// A page that captures a right index finger through the gateway of this machine: no library, no build.
// Serve this folder from an origin that `[web] origins` lets in; open `index.html?gateway=127.0.0.1:7412`.

const gateway = `https://${new URLSearchParams(location.search).get("gateway") ?? "127.0.0.1:7412"}`;
const advice = document.querySelector("#advice");
const picture = document.querySelector("#picture");

async function call(method, message) {
  const token = localStorage.getItem(gateway);
  let answer;
  try {
    answer = await fetch(`${gateway}/rekam.v1.${method}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
      body: JSON.stringify(message),
    });
  } catch {
    throw new Error("No gateway, its certificate is not believed, this origin is not let in, or the browser was not permitted.");
  }
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.message);
  return content;
}

async function pair() {
  const page = { origin: location.origin, name: "Contoh" };
  await call("GatewayService/Pair", page); // the code now stands on the gateway's terminal
  const code = prompt("Kode di terminal gateway:")?.replace(/\D/g, ""); // it is shown as two groups of four
  if (code) localStorage.setItem(gateway, (await call("GatewayService/Pair", { ...page, code })).token);
  advice.textContent = code ? "Terhubung." : "Belum terhubung: tidak ada kode.";
}

const show = (pixels, type) => (picture.src = `data:${type};base64,${pixels}`);

async function capture() {
  const asked = { modality: "MODALITY_FINGER", position: "FINGER_POSITION_RIGHT_INDEX", holder: "Contoh", wait: "30s" };
  const { captureId, deviceId } = (await call("CaptureService/StartCapture", asked)).capture;
  advice.textContent = `Letakkan jari pada ${deviceId}.`;
  for (let afterSeq = 0, state = ""; state !== "CAPTURE_STATE_DONE"; ) {
    const frame = await call("CaptureService/NextPreview", { captureId, afterSeq, timeout: "1s" });
    state = frame.state;
    if (!frame.pixels) continue;
    afterSeq = frame.seq;
    show(frame.pixels, "image/jpeg");
    advice.textContent = frame.liveQuality?.guidance?.map((each) => each.remedy.id).join(" ") ?? "";
  }
  const done = (await call("CaptureService/GetCapture", { captureId })).capture;
  advice.textContent = `${done.outcome}, mutu ${done.quality?.score ?? 0}, nomor ${done.sequence}`;
  if (done.outcome !== "CAPTURE_OUTCOME_CAPTURED") return;
  const drawn = await call("CaptureService/ReadCapture", { captureId, part: "CAPTURE_PART_PREVIEW" });
  show(drawn.data, drawn.mediaType);
  const signed = await call("CaptureService/ReadCapture", { captureId, part: "CAPTURE_PART_MANIFEST" });
  console.log("the signed manifest, for your server:", atob(signed.data));
}

for (const [id, act] of Object.entries({ pair, capture }))
  document.querySelector(`#${id}`).onclick = () => act().catch((error) => (advice.textContent = error.message));
