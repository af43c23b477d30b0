import { useState } from "preact/hooks";
import { useAction, useLoaded } from "../gateway/hooks";
import { once } from "../gateway/once";
import { may } from "../gateway/store";
import type { ListStockResponse, ReconcileStockResponse } from "../generated/rekam/v1/card_pb";
import { Facts, WideTable } from "../parts/facts";
import { FailureNote } from "../parts/failure_note";
import { Loading } from "../parts/loading";
import { sayMoment } from "../parts/moments";
import { OperatorName, operator } from "../parts/operator_name";
import { say, sayNumber } from "../text/language";
import { text } from "./cards.text";
import { cardClient } from "./readers";

/** How many blanks there ought to be; a supervisor brings some in and holds a count against the book. */
export function Stock() {
  const loaded = useLoaded((signal) => cardClient.listStock({}, { signal }), []);
  return (
    <div class="cards">
      <section class="card" aria-labelledby="stock-title">
        <h2 id="stock-title">{say(text.stockTitle)}</h2>
        <Loading of={loaded}>{(stock) => <Level stock={stock} />}</Loading>
      </section>
      {may("supervisor") && (
        <div class="cards cards-two">
          <AddBlanks onAdded={loaded.reload} />
          <Count onCounted={loaded.reload} />
        </div>
      )}
      <Loading of={loaded}>{(stock) => <Lists stock={stock} />}</Loading>
    </div>
  );
}

function Level({ stock }: { stock: ListStockResponse }) {
  const { level } = stock;
  if (!level) return null;
  return (
    <>
      <p class="state" id="blanks" data-blanks={level.blanks}>
        {say(text.blanks)}: {sayNumber(level.blanks)}
      </p>
      <Facts
        rows={[
          [text.broughtIn, sayNumber(level.broughtIn)],
          [text.used, sayNumber(level.used)],
          [text.spoiledCount, sayNumber(level.spoiled)],
          [text.inHand, sayNumber(level.inHand)],
          [text.unlisted, level.unlisted > 0 && sayNumber(level.unlisted)],
        ]}
      />
    </>
  );
}

function Lists({ stock }: { stock: ListStockResponse }) {
  return (
    <>
      <section class="card" aria-labelledby="ranges-title">
        <h2 id="ranges-title">{say(text.rangesTitle)}</h2>
        {stock.ranges.length === 0 ? (
          <p>{say(text.noRanges)}</p>
        ) : (
          <WideTable label={say(text.rangesTitle)}>
            <thead>
              <tr>
                <th scope="col">{say(text.first)}</th>
                <th scope="col">{say(text.last)}</th>
                <th scope="col" class="number">
                  {say(text.count)}
                </th>
                <th scope="col">{say(text.by)}</th>
                <th scope="col">{say(text.at)}</th>
              </tr>
            </thead>
            <tbody>
              {stock.ranges.map((each) => (
                <tr key={each.first} data-range={each.first}>
                  <td>
                    <code>{each.first}</code>
                  </td>
                  <td>
                    <code>{each.last}</code>
                  </td>
                  <td class="number">{sayNumber(each.blanks)}</td>
                  <td>{each.broughtBy}</td>
                  <td>{sayMoment(each.time)}</td>
                </tr>
              ))}
            </tbody>
          </WideTable>
        )}
      </section>
      <section class="card" aria-labelledby="spoiled-title">
        <h2 id="spoiled-title">{say(text.spoiledTitle)}</h2>
        {stock.spoiled.length === 0 ? (
          <p>{say(text.nothingSpoiled)}</p>
        ) : (
          <WideTable label={say(text.spoiledTitle)}>
            <thead>
              <tr>
                <th scope="col">{say(text.serial)}</th>
                <th scope="col">{say(text.reason)}</th>
                <th scope="col">{say(text.whatToDo)}</th>
                <th scope="col">{say(text.at)}</th>
              </tr>
            </thead>
            <tbody>
              {stock.spoiled.map((each) => (
                <tr key={each.serial} data-spoiled={each.serial}>
                  <td>
                    <code>{each.serial}</code>
                  </td>
                  <td>{each.reason}</td>
                  <td>{say(each.outOfUse ? text.isOutOfUse : text.destroy)}</td>
                  <td>{sayMoment(each.time)}</td>
                </tr>
              ))}
            </tbody>
          </WideTable>
        )}
      </section>
    </>
  );
}

function AddBlanks({ onAdded }: { onAdded: () => void }) {
  const [first, setFirst] = useState("");
  const [last, setLast] = useState("");
  const deed = useAction(async () => {
    const range = { first: first.trim(), last: last.trim() };
    const request = { ...range, operator: operator() };
    await once(`stock/${JSON.stringify(request)}`, (idempotencyKey) =>
      cardClient.addStock({ ...request, idempotencyKey }),
    );
    setFirst("");
    setLast("");
    onAdded();
  });
  const able = first.trim().length > 1 && last.trim().length > 1 && operator() && !deed.busy;
  return (
    <section class="card" aria-labelledby="add-title">
      <h2 id="add-title">{say(text.addTitle)}</h2>
      <OperatorName />
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          if (able) deed.run();
        }}
      >
        <label class="field">
          {say(text.first)}
          <input name="stock-first" autoComplete="off" value={first} onInput={(e) => setFirst(e.currentTarget.value)} />
        </label>
        <label class="field">
          {say(text.last)}
          <input name="stock-last" autoComplete="off" value={last} onInput={(e) => setLast(e.currentTarget.value)} />
        </label>
        <button type="submit" id="add-blanks" disabled={!able}>
          {say(text.add)}
        </button>
      </form>
      <FailureNote failure={deed.failure} onClose={deed.clear} />
    </section>
  );
}

function Count({ onCounted }: { onCounted: () => void }) {
  const [counted, setCounted] = useState("");
  const [note, setNote] = useState("");
  const [found, setFound] = useState<ReconcileStockResponse | undefined>(undefined);
  const number = /^[0-9]{1,8}$/.test(counted.trim()) ? Number(counted.trim()) : undefined;
  const deed = useAction(async () => {
    if (number === undefined) return;
    const count = { case: "counted", value: number } as const;
    const request = { count, note: note.trim(), operator: operator() };
    const found = await once(`count/${JSON.stringify(request)}`, (idempotencyKey) =>
      cardClient.reconcileStock({ ...request, idempotencyKey }),
    );
    setFound(found);
    onCounted();
  });
  const able = number !== undefined && operator() && !deed.busy;
  return (
    <section class="card" aria-labelledby="count-title">
      <h2 id="count-title">{say(text.countTitle)}</h2>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          if (able) deed.run();
        }}
      >
        <label class="field">
          {say(text.counted)}
          <input
            name="stock-counted"
            inputMode="numeric"
            autoComplete="off"
            value={counted}
            onInput={(event) => setCounted(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          {say(text.note)}
          <input name="stock-note" maxLength={1000} value={note} onInput={(e) => setNote(e.currentTarget.value)} />
        </label>
        <button type="submit" id="count-blanks" disabled={!able}>
          {say(text.reconcile)}
        </button>
      </form>
      <FailureNote failure={deed.failure} onClose={deed.clear} />
      {found && (
        <p class={`note ${found.agrees ? "" : "note-warn"}`} role="status" id="reconciled" data-agrees={found.agrees}>
          {found.agrees
            ? say(text.agrees, { n: sayNumber(found.counted) })
            : say(text.differs, {
                difference: sayNumber(found.difference),
                book: sayNumber(found.book),
                counted: sayNumber(found.counted),
              })}
        </p>
      )}
    </section>
  );
}
