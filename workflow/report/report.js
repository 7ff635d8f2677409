"use strict";

// Tables sort by a click on a heading: numbers by data-sort or as read, the rest as text.
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const keyOf = (row, column) => {
  const cell = row.children[column];
  return cell.dataset.sort ?? cell.textContent.trim();
};
const compare = (a, b) => {
  const [x, y] = [Number(a), Number(b)];
  if (a !== "" && b !== "" && !Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return collator.compare(a, b);
};
// What has no number goes last, whichever the direction.
const missing = (key) => key === "" || key === "nan";

for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows];
      rows.sort((first, second) => {
        const [a, b] = [keyOf(first, column), keyOf(second, column)];
        if (missing(a) || missing(b)) return missing(a) - missing(b);
        return (down ? -1 : 1) * compare(a, b);
      });
      table.tBodies[0].append(...rows);
    });
  });
}

// Filters of the verdicts: any of the pressed ones of a kind, and all kinds.
const verdicts = [...document.querySelectorAll("#verdict-table tbody tr")];
const filters = [...document.querySelectorAll("[data-filter]")];
const shown = document.getElementById("shown");
const filter = () => {
  const wanted = (kind) =>
    filters
      .filter((f) => f.dataset.filter === kind && f.getAttribute("aria-pressed") === "true")
      .map((f) => f.dataset.value);
  const [outcome, paper] = [wanted("outcome"), wanted("paper")];
  let count = 0;
  for (const row of verdicts) {
    const show =
      (!outcome.length || outcome.includes(row.dataset.outcome)) &&
      (!paper.length || paper.includes(row.dataset.paper));
    row.hidden = !show;
    count += show;
  }
  shown.textContent =
    count === verdicts.length ? `${count} verdicts` : `${count} of ${verdicts.length} verdicts`;
};
for (const button of filters) {
  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    filter();
  });
}
filter();

// The search finds all words in whatever has a kind: claims, figures, tables, the ledger, sections.
const LISTED = 50;
const AROUND = 40;
const squeezed = (text) => text.replace(/\s+/g, " ").trim();
const findable = [...document.querySelectorAll("[data-kind]")].map((element) => {
  const { title } = element.dataset;
  const text = squeezed(element.textContent);
  return { element, title, text, lower: `${title} ${text}`.toLowerCase() };
});
const search = document.getElementById("search");
const found = document.getElementById("found");
const hits = document.getElementById("hits");
const context = (text, word) => {
  const at = Math.max(text.toLowerCase().indexOf(word), 0);
  const note = document.createElement("small");
  const mark = document.createElement("mark");
  mark.textContent = text.slice(at, at + word.length);
  note.append(
    `${at > AROUND ? "…" : ""}${text.slice(Math.max(at - AROUND, 0), at)}`,
    mark,
    `${text.slice(at + word.length, at + word.length + AROUND)}…`,
  );
  return note;
};
const find = () => {
  const words = squeezed(search.value.toLowerCase()).split(" ").filter(Boolean);
  const matching = words.length
    ? findable.filter(({ lower }) => words.every((word) => lower.includes(word)))
    : [];
  const inTitle = ({ title }) => words.filter((w) => title.toLowerCase().includes(w)).length;
  matching.sort((a, b) => inTitle(b) - inTitle(a));
  hits.textContent = words.length ? `${matching.length} found` : "";
  found.replaceChildren(
    ...matching.slice(0, LISTED).map(({ element, title, text }) => {
      const link = document.createElement("a");
      link.href = `#${element.id}`;
      link.append(`${element.dataset.kind}: ${title}`, context(text, words[0]));
      const item = document.createElement("li");
      item.append(link);
      return item;
    }),
  );
  if (words.length && matching.length !== found.children.length) {
    const rest = document.createElement("li");
    rest.textContent = `${matching.length - found.children.length} more`;
    found.append(rest);
  }
  if (words.length && !matching.length) found.textContent = "Nothing is found.";
  found.hidden = !words.length;
};
search.addEventListener("input", find);
search.addEventListener("focus", find);
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") found.querySelector("a")?.click();
});
found.addEventListener("click", (event) => {
  if (event.target.closest("a")) found.hidden = true;
});

// A table downloads as CSV: the whole of it where the page has that, else the rows that it shows.
const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const spoken = (cell) => {
  const copy = cell.cloneNode(true);
  for (const sign of copy.querySelectorAll("[aria-hidden]")) sign.remove();
  return squeezed(copy.textContent);
};
const cells = (row) => [...row.cells].map((cell) => quoted(cell.dataset.csv ?? spoken(cell)));
const visible = (table) => {
  const rows = [table.tHead.rows[0], ...table.tBodies[0].rows];
  return new Blob(rows.map((row) => `${cells(row).join(",")}\n`));
};
const whole = async (packed) => {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(plain).blob();
};
const asCsv = (table) => (table.dataset.whole ? whole(table.dataset.whole) : visible(table));
for (const table of document.querySelectorAll("table[data-name]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "csv";
  button.textContent = table.dataset.whole ? "CSV of the whole table" : "CSV";
  button.addEventListener("click", async () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await asCsv(table));
    link.download = `${table.dataset.name.replaceAll(" ", "_")}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
  table.caption.append(button);
}

// A click on a figure shows it over the whole window, and there a click enlarges it further.
const zoom = document.getElementById("zoom");
const [large, room] = [zoom.querySelector("img"), zoom.querySelector("div")];
const widthOf = (image) => image.getBoundingClientRect().width;
const enlarge = (factor, x = 0.5, y = 0.5) => {
  const width = Math.min(Math.max(factor * widthOf(large), 200), 4 * large.naturalWidth);
  large.style.width = `${width}px`;
  room.scrollTo(x * large.offsetWidth - room.clientWidth / 2, y * large.offsetHeight - room.clientHeight / 2);
};
for (const link of document.querySelectorAll("a.zoom")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const image = link.querySelector("img");
    large.src = image.src;
    large.alt = image.alt;
    zoom.querySelector("a").href = link.href;
    zoom.showModal();
    const shape = image.naturalWidth / image.naturalHeight;
    large.style.width = `${Math.min(room.clientWidth, room.clientHeight * shape)}px`;
  });
}
large.addEventListener("click", (event) => {
  enlarge(2, event.offsetX / large.offsetWidth, event.offsetY / large.offsetHeight);
});
for (const button of zoom.querySelectorAll("[data-by]")) {
  button.addEventListener("click", () => enlarge(Number(button.dataset.by)));
}
document.getElementById("close").addEventListener("click", () => zoom.close());

const onlyFlips = document.getElementById("only-flips");
onlyFlips?.addEventListener("change", () => {
  for (const row of document.querySelectorAll(".matrix tbody tr")) {
    row.hidden = onlyFlips.checked && !("flips" in row.dataset);
  }
});

// The page holds each image once; a claim that is opened shows it too.
for (const claim of document.querySelectorAll("details.claim")) {
  claim.addEventListener("toggle", () => {
    for (const image of claim.querySelectorAll("img[data-of]:not([src])")) {
      image.src = document.querySelector(`#${image.dataset.of} img`).src;
    }
  });
}

// A link into the page opens what it leads to and moves the focus there.
const reveal = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target) return;
  if (target instanceof HTMLDetailsElement) target.open = true;
  target.scrollIntoView();
  const focus = target instanceof HTMLDetailsElement ? target.querySelector("summary") : target;
  focus.focus({ preventScroll: true });
};
addEventListener("hashchange", reveal);
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  // The same address again changes nothing, and still is a wish to go there.
  if (link && link.hash === location.hash) reveal();
});
reveal();
