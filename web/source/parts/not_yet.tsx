import { say, type Words } from "../text/language";

const NOT_YET: Words = {
  id: "Belum ada di halaman ini. Perintah `rekam` di terminal sudah dapat melakukannya.",
  en: "Not on this page yet. The command `rekam` on a terminal does it already.",
};

/** A view that is still to be written says so. */
export function NotYet({ title }: { title: Words }) {
  return (
    <section class="card" aria-labelledby="view-title">
      <h1 id="view-title">{say(title)}</h1>
      <p>{say(NOT_YET)}</p>
    </section>
  );
}
