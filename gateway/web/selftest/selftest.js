"use strict";
// Walks the way from a browser to the gateway, link by link, and names the one that is broken and its remedy.
// `#PORT.KEY` in the address: `rekam doctor --browser` listens on that port of this machine, and is told.

const CALL = "/rekam.v1.GatewayService/";
const STREAM_MS = 10000;
const STATES = {
  ok: { id: "baik", en: "good" },
  warning: { id: "perhatian", en: "look at this" },
  broken: { id: "putus", en: "broken" },
  skipped: { id: "dilewati", en: "left out" },
};
const LINKS = {
  tls: { id: "TLS: peramban percaya pada gateway", en: "TLS: the browser believes the gateway" },
  http2: { id: "HTTP/2: banyak panggilan dalam satu sambungan", en: "HTTP/2: many calls on one connection" },
  permission: { id: "Izin Local Network Access", en: "Permission: Local Network Access" },
  origin: { id: "Asal halaman diizinkan", en: "The page's origin is let in" },
  pairing: { id: "Pemasangan dengan kode", en: "Pairing by code" },
  stream: { id: "Aliran kejadian", en: "Stream of events" },
};
const TEXT = {
  title: { id: "Uji diri: peramban ke gateway", en: "Self-test: from the browser to the gateway" },
  running: { id: "Sedang memeriksa …", en: "Looking …" },
  good: { id: "Semua mata rantai baik.", en: "Every link is good." },
  bad: { id: "Ada yang putus; lihat di bawah.", en: "A link is broken; see below." },
  pairing: {
    id: "Minta kode; delapan angka tampil di terminal gateway (layanan: journalctl -u rekam). Ketik di sini.",
    en: "Ask for a code; eight digits appear on the gateway's terminal (a service: journalctl -u rekam). Type them here.",
  },
  ask: { id: "Minta kode", en: "Ask for a code" },
  code: { id: "Kode", en: "Code" },
  trade: { id: "Pasangkan", en: "Pair" },
  skip: { id: "Lewati", en: "Leave out" },
  language: { id: "English", en: "Bahasa Indonesia" },
};

const found = [];
let language = (navigator.language || "id").toLowerCase().startsWith("en") ? "en" : "id";
let summary = "running";
const part = (id) => document.getElementById(id);

function note(name, state, id, en) {
  found.push({ name, state, id, en });
  show();
  return state !== "broken";
}

function show() {
  document.documentElement.lang = language;
  for (const [id, key] of [["title", "title"], ["summary", summary], ["pairing-text", "pairing"], ["ask", "ask"],
    ["code-label", "code"], ["trade", "trade"], ["skip", "skip"], ["language", "language"]]) {
    part(id).textContent = TEXT[key][language];
  }
  part("links").replaceChildren(...found.map((each) => {
    const line = document.createElement("li"), head = document.createElement("b");
    line.className = each.state;
    line.id = `link-${each.name}`;
    head.textContent = `${LINKS[each.name][language]}: ${STATES[each.state][language]}`;
    line.append(head, each[language]);
    return line;
  }));
}

async function call(method, request, token) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  return fetch(CALL + method, { method: "POST", headers, body: JSON.stringify(request), cache: "no-store" });
}

function checkTls() {
  if (window.isSecureContext && location.protocol === "https:") {
    return note("tls", "ok", "Halaman ini datang lewat TLS.", "This page came by TLS.");
  }
  return note("tls", "broken", "Buka halaman ini dengan https://. Lalu: sudo rekam trust install.",
    "Open this page by https://. Then: sudo rekam trust install.");
}

function checkHttp2() {
  const [entry] = performance.getEntriesByType("navigation");
  const protocol = entry ? entry.nextHopProtocol : "";
  if (protocol === "h2" || !protocol) return note("http2", "ok", "", "");
  return note("http2", "warning",
    `Peramban memakai ${protocol}: hanya enam panggilan sekaligus. Matikan pemeriksaan TLS antivirus atau proksi ` +
      "untuk 127.0.0.1.",
    `The browser uses ${protocol}: six calls at once and no more. Turn the TLS scan of an antivirus or a proxy off ` +
      "for 127.0.0.1.");
}

async function checkPermission() {
  for (const name of ["loopback-network", "local-network-access"]) {
    let status;
    try {
      status = await navigator.permissions.query({ name });
    } catch {
      continue; // this browser has no such permission
    }
    if (status.state === "denied") {
      return note("permission", "broken",
        `Izin ${name} ditolak. Klik simbol di kiri alamat halaman, setel ulang izinnya, lalu muat ulang; atau ` +
          "administrator memberi kebijakan LoopbackNetworkAllowedForUrls.",
        `The permission ${name} is refused. Click the symbol left of the page's address, reset the permission and ` +
          "load again; or an administrator sets the policy LoopbackNetworkAllowedForUrls.");
    }
    return note("permission", "ok",
      `${name}: ${status.state}. Halaman dari asal lain ditanyai sekali oleh peramban; jawab "Izinkan".`,
      `${name}: ${status.state}. Of a page of another origin the browser asks once; answer "Allow".`);
  }
  return note("permission", "ok", "Peramban ini tidak menanyakannya.", "This browser does not ask for it.");
}

async function checkOrigin() {
  let answer;
  try {
    answer = await call("GetInfo", {});
  } catch (error) {
    return note("origin", "broken",
      `Gateway tidak menjawab (${error.message}). Jalankan rekam doctor; periksa ekstensi yang memblokir.`,
      `The gateway does not answer (${error.message}). Run rekam doctor; look for an extension that blocks calls.`);
  }
  if (answer.ok) {
    const info = await answer.json();
    return note("origin", "ok", `${info.gatewayId}, rekam ${info.version}`, `${info.gatewayId}, rekam ${info.version}`);
  }
  return note("origin", "broken",
    `Gateway menolak ${location.origin} (HTTP ${answer.status}). Ekstensi atau proksi mengubah Origin atau Host; ` +
      "matikan untuk 127.0.0.1. Halaman lain: tambahkan asalnya pada [web] origins.",
    `The gateway refuses ${location.origin} (HTTP ${answer.status}). An extension or a proxy changes Origin or Host; ` +
      "turn it off for 127.0.0.1. Other pages: add their origin to [web] origins.");
}

/** The token that a person's code buys; null where it was left out. */
async function pair() {
  part("pairing").hidden = false;
  part("ask").focus();
  const asked = { origin: location.origin, name: "rekam doctor" };
  return new Promise((resolve) => {
    const end = (token) => {
      part("pairing").hidden = true;
      resolve(token);
    };
    const refused = async (answer) => {
      const told = await answer.json().catch(() => ({}));
      note("pairing", "broken", `HTTP ${answer.status}: ${told.message || ""} Minta kode baru, ketik dalam dua menit.`,
        `HTTP ${answer.status}: ${told.message || ""} Ask for a new code and type it within two minutes.`);
      end(null);
    };
    part("skip").onclick = () => {
      note("pairing", "skipped", "", "");
      end(null);
    };
    part("ask").onclick = async () => {
      const answer = await call("Pair", asked).catch((error) => new Response("{}", { status: 503, statusText: error.message }));
      if (!answer.ok) await refused(answer);
      else part("code").focus();
    };
    const trade = async () => {
      const code = part("code").value.replace(/\D/g, "");
      if (code.length !== 8) return part("code").focus();
      const answer = await call("Pair", { ...asked, code }).catch(() => new Response("{}", { status: 503 }));
      if (!answer.ok) return refused(answer);
      note("pairing", "ok", "", "");
      return end((await answer.json()).token);
    };
    part("trade").onclick = trade;
    part("code").onkeydown = (event) => event.key === "Enter" && trade();
  });
}

async function checkStream(token) {
  const until = AbortSignal.timeout(STREAM_MS);
  const headers = { "Content-Type": "application/connect+json", Authorization: `Bearer ${token}` };
  try {
    // One envelope of Connect: no flags, two bytes, `{}`.
    const body = new Uint8Array([0, 0, 0, 0, 2, 123, 125]);
    const answer = await fetch(`${CALL}Watch`, { method: "POST", headers, body, signal: until, cache: "no-store" });
    const reader = answer.body.getReader();
    const first = await reader.read();
    reader.cancel();
    if (answer.ok && first.value && first.value[0] === 0) return note("stream", "ok", "", "");
    return note("stream", "broken", `HTTP ${answer.status}; aliran berakhir tanpa kejadian. Lihat log gateway.`,
      `HTTP ${answer.status}; the stream ended without an event. See the gateway's log.`);
  } catch (error) {
    return note("stream", "broken",
      `Tidak ada kejadian dalam ${STREAM_MS / 1000} s (${error.name}): proksi atau antivirus menahan aliran; matikan ` +
        "untuk 127.0.0.1.",
      `No event within ${STREAM_MS / 1000} s (${error.name}): a proxy or an antivirus holds the stream back; turn it ` +
        "off for 127.0.0.1.");
  }
}

/** Take the token back that this test has got; who may not do that leaves it in `rekam pair list`. */
async function giveBack(token) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token)));
  const hex = Array.from(digest, (each) => each.toString(16).padStart(2, "0")).join("");
  await call("RevokePairing", { pairingId: hex.slice(0, 12) }, token).catch(() => {});
}

/** Tell the command that opened this page; to a port of this machine and nowhere else. */
function tell(stage) {
  const [, port, key] = /^#(\d{1,5})\.([\w-]{16,64})(?:\.pair)?$/.exec(location.hash) || [];
  if (!port) return false;
  const told = encodeURIComponent(JSON.stringify(found));
  location.replace(`http://127.0.0.1:${port}/${key}/${stage}?found=${told}`);
  return true;
}

async function run() {
  show();
  const good = checkTls() && checkHttp2() && (await checkPermission()) && (await checkOrigin());
  // The command hears at once that the page came so far, and sends it back to go on.
  if (!location.hash.endsWith(".pair") && tell("arrived")) return;
  const token = good ? await pair() : null;
  if (token) {
    await checkStream(token);
    await giveBack(token);
  }
  summary = found.some((each) => each.state === "broken") ? "bad" : "good";
  show();
  tell("ended");
}

part("language").onclick = () => {
  language = language === "id" ? "en" : "id";
  show();
};
run();
