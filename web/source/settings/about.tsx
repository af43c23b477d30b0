import { gatewayClient } from "../gateway/clients";
import { useLoaded } from "../gateway/hooks";
import { sayBytes } from "../parts/bytes";
import { Facts } from "../parts/facts";
import { Loading } from "../parts/loading";
import { sayMoment } from "../parts/moments";
import { say, sayNumber } from "../text/language";
import { clockWords, text } from "./settings.text";

/** What the gateway says of itself, asked anew: the shell's answer may be hours old. */
export function About() {
  const loaded = useLoaded((signal) => gatewayClient.getInfo({}, { signal }), []);
  return (
    <section class="card" aria-labelledby="about">
      <h2 id="about">{say(text.aboutTitle)}</h2>
      <Loading of={loaded}>
        {(info) => {
          const { spool } = info;
          const kept = spool && {
            n: sayNumber(Number(spool.captures)),
            size: sayBytes(spool.bytes),
            limit: sayBytes(spool.limitBytes),
          };
          return (
            <>
              <Facts
                rows={[
                  [text.gateway, <code key="id">{info.gatewayId}</code>],
                  [
                    text.version,
                    <span key="version" id="version">
                      {info.version}
                    </span>,
                  ],
                  [text.started, sayMoment(info.startedAt)],
                  [text.clock, info.now && say(clockWords[info.now.quality])],
                  [text.devices, say(text.ofThem, { ready: info.devicesReady, total: info.devicesTotal })],
                  [text.kept, kept && say(spool.limitBytes > 0n ? text.keptCaptures : text.keptNoLimit, kept)],
                ]}
              />
              <h3>{say(text.warnings)}</h3>
              {info.warnings.length === 0 ? (
                <p>{say(text.noWarnings)}</p>
              ) : (
                <ul>
                  {info.warnings.map((words) => (
                    <li key={words.en}>{say(words)}</li>
                  ))}
                </ul>
              )}
            </>
          );
        }}
      </Loading>
      <p>{say(text.apache)}</p>
      <p>
        <a href="/licenses.md" target="_blank" rel="noreferrer">
          {say(text.licences)}
        </a>
      </p>
    </section>
  );
}
