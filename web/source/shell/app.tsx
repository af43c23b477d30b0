import { useEffect, useState } from "preact/hooks";
import { connection, givenBy, info, link, may, spool } from "../gateway/store";
import { token } from "../gateway/token";
import { follow, refreshInfo } from "../gateway/watch";
import { LinkState } from "../generated/rekam/v1/link_pb";
import { useEvery } from "../parts/every";
import { useSecondsLeft } from "../parts/seconds_left";
import { language, say, sayDuration } from "../text/language";
import { views } from "../views";
import type { View } from "../views/view";
import { KeysHelp } from "./keys_help";
import { PairingView } from "./pairing_view";
import { goTo, hrefOf, route } from "./route";
import { linkWords, text } from "./shell.text";
import { useShortcuts } from "./shortcuts";

/** The whole page: pairing while there is no token, else navigation and the view of the address. */
export function App() {
  const held = token.value;
  useEffect(() => {
    if (!held) return;
    const stopped = new AbortController();
    void follow(stopped.signal);
    return () => stopped.abort();
  }, [held]);
  return (
    <>
      <Header paired={held !== ""} />
      {held ? <Paired /> : <PairingView />}
    </>
  );
}

function switchLanguage() {
  language.value = language.value === "id" ? "en" : "id";
}

function Header({ paired }: { paired: boolean }) {
  useShortcuts({ l: switchLanguage });
  const state = link.value?.state ?? LinkState.UNSPECIFIED;
  const live = connection.value.state === "live";
  return (
    <header class="header">
      <a class="skip" href="#main">
        {say(text.skip)}
      </a>
      <span class="brand">Rekam</span>
      {paired && info.value && (
        <>
          <span class="faint">{info.value.gatewayId}</span>
          <span class={`pill ${live ? "pill-good" : "pill-warn"}`} id="connection" data-state={connection.value.state}>
            {say(live ? text.live : text.connecting)}
          </span>
          {live && state !== LinkState.UNSPECIFIED && (
            <span
              class={`pill ${state === LinkState.ONLINE ? "pill-good" : state === LinkState.OFFLINE ? "pill-warn" : ""}`}
            >
              {say(linkWords[state])}
            </span>
          )}
          {live && spool.value && <span class="pill">{say(text.waiting, { n: Number(spool.value.captures) })}</span>}
        </>
      )}
      <span class="grow" />
      {paired && <KeysHelp />}
      <button type="button" class="quiet" lang={language.value === "id" ? "en" : "id"} onClick={switchLanguage}>
        {say(text.language)}
      </button>
    </header>
  );
}

/** The gateway's warnings may be so old. */
const INFO_S = 60;

function Paired() {
  useEvery(INFO_S, () => void refreshInfo());
  if (!info.value) return <Lost first />;
  const shown = views.filter((view) => may(...view.roles));
  const name = route.value.view || shown[0]?.name;
  const view = views.find((each) => each.name === name);
  return (
    <div class="body">
      <Navigation views={shown} current={name ?? ""} />
      <main id="main" tabIndex={-1}>
        <Lost first={false} />
        <Outdated />
        <Warnings />
        <Shown view={view} />
      </main>
    </div>
  );
}

function Navigation({ views: shown, current }: { views: readonly View[]; current: string }) {
  useShortcuts(Object.fromEntries(shown.map((view, index) => [String(index + 1), () => goTo(view.name)])));
  return (
    <nav class="navigation" aria-label={say(text.navigation)}>
      {shown.map((view) => (
        <a key={view.name} href={hrefOf(view.name)} aria-current={view.name === current ? "page" : undefined}>
          {say(view.title)}
        </a>
      ))}
    </nav>
  );
}

function Shown({ view }: { view: View | undefined }) {
  const title = view ? `${say(view.title)} · Rekam` : "Rekam";
  useEffect(() => {
    document.title = title;
  }, [title]);
  if (!view) return <p class="note">{say(text.noView)}</p>;
  if (!may(...view.roles)) return <p class="note">{say(text.noRole)}</p>;
  const View = view.component;
  return <View key={view.name} />;
}

/** Says that the gateway is not reached, once that has lasted a moment: a page that reconnects at once need not flash. */
function Lost({ first }: { first: boolean }) {
  const state = connection.value;
  const lost = state.state === "lost";
  const left = useSecondsLeft(lost ? state.retryAt : undefined);
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!lost) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), first ? 0 : 1_000);
    return () => clearTimeout(timer);
  }, [lost, first]);
  if (lost && shown) {
    return (
      <div class="note note-bad" role="alert">
        <p>{say(state.failure.words)}</p>
        <p aria-live="off">{say(text.lost, { left: sayDuration(left) })}</p>
      </div>
    );
  }
  return first ? <p class="note">{say(text.connecting)}</p> : null;
}

/** Says that the gateway was brought to another version while this page stayed open. */
function Outdated() {
  const version = info.value?.version ?? "";
  if (version === givenBy.value) return null;
  return (
    <div class="note note-warn row" role="status" id="outdated">
      <span>{say(text.outdated, { version, before: givenBy.value })}</span>
      <button type="button" onClick={() => location.reload()}>
        {say(text.reload)}
      </button>
    </div>
  );
}

function Warnings() {
  const warnings = info.value?.warnings ?? [];
  if (warnings.length === 0) return null;
  return (
    <details class="note note-warn">
      <summary>{say(text.warnings, { n: warnings.length })}</summary>
      <ul>
        {warnings.map((words) => (
          <li key={words.en}>{say(words)}</li>
        ))}
      </ul>
    </details>
  );
}
