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

// Filters of the verdicts: any of the pressed ones of a kind, all kinds, and the words.
const verdicts = [...document.querySelectorAll("#verdict-table tbody tr")];
const filters = [...document.querySelectorAll("[data-filter]")];
const search = document.getElementById("search");
const shown = document.getElementById("shown");
const filter = () => {
  const words = search.value.toLowerCase().split(/\s+/);
  const wanted = (kind) =>
    filters
      .filter((f) => f.dataset.filter === kind && f.getAttribute("aria-pressed") === "true")
      .map((f) => f.dataset.value);
  const [outcome, paper] = [wanted("outcome"), wanted("paper")];
  let count = 0;
  for (const row of verdicts) {
    const text = row.textContent.toLowerCase();
    const show =
      (!outcome.length || outcome.includes(row.dataset.outcome)) &&
      (!paper.length || paper.includes(row.dataset.paper)) &&
      words.every((word) => text.includes(word));
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
search.addEventListener("input", filter);
filter();

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
