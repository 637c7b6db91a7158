// The wishes pages: the board follows what others do, arrow keys walk over its cards, a mistake comes into view.

import { follow } from "./live.js";

const board = document.getElementById("board");

if (board?.matches("[data-follow]") && document.body.dataset.live) {
  follow(`${document.body.dataset.live}?channels=wishes`, {
    wishes: () => document.body.dispatchEvent(new CustomEvent("wishes-changed")),
  });
}

const cardsOf = (column) => [...(column?.querySelectorAll(".wish-title") ?? [])];

board?.addEventListener("keydown", (event) => {
  const here = event.target.closest?.(".wish-title");
  if (!here || event.ctrlKey || event.metaKey || event.altKey) return;
  const columns = [...board.querySelectorAll(".wish-column")].filter((column) => cardsOf(column).length);
  const column = columns.indexOf(here.closest(".wish-column"));
  const row = cardsOf(columns[column]).indexOf(here);
  const steps = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
  if (!steps) return;
  const cards = cardsOf(columns[column + steps[0]]);
  const next = cards[Math.min(row + steps[1], cards.length - 1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
});

document.getElementById("mistake")?.focus();
