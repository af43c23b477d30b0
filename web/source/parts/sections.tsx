import { hrefOf, route } from "../shell/route";
import { say, type Words } from "../text/language";
import "./parts.css";

/** A section of a view: its name in the address, `#/VIEW/NAME`, and on its link. */
export interface Section {
  readonly name: string;
  readonly title: Words;
}

/** The section that the address names, else the first. */
export function sectionOf<S extends Section>(sections: readonly S[]): S | undefined {
  return sections.find((each) => each.name === route.value.rest[0]) ?? sections[0];
}

/** Links to the sections of a view. */
export function SectionLinks({ view, label, sections }: { view: string; label: Words; sections: readonly Section[] }) {
  const shown = sectionOf(sections);
  return (
    <nav class="sections" aria-label={say(label)}>
      {sections.map((each) => (
        <a key={each.name} href={hrefOf(view, each.name)} aria-current={each === shown ? "page" : undefined}>
          {say(each.title)}
        </a>
      ))}
    </nav>
  );
}
