"use strict";
const panel = document.getElementById("details");
let pinned = null;

function show(row) {
  panel.replaceChildren();
  const head = document.createElement("h3");
  head.textContent = row.title;
  const list = document.createElement("dl");
  for (const [name, value] of row.told) {
    const term = document.createElement("dt");
    term.textContent = name;
    const told = document.createElement("dd");
    told.textContent = value;
    list.append(term, told);
  }
  panel.append(head, list);
  panel.hidden = false;
}

function hide() {
  panel.hidden = true;
  pinned = null;
}

function start(turn) {
  const data = JSON.parse(turn.querySelector(".data").textContent);
  const rows = data.rows;
  const names = Array.from(turn.querySelectorAll(".name"));
  const bars = Array.from(turn.querySelectorAll("g.row"));
  const hops = Array.from(turn.querySelectorAll(".hop"));
  const drawing = turn.querySelector("svg.bars");
  const wide = turn.querySelector(".wide");
  const folded = new Set();
  const inner = rows.map(() => []);
  rows.forEach((row, place) => { if (row.up >= 0) inner[row.up].push(place); });
  let wanted = null;
  let zoom = 1;
  let focus = 0;
  const at = rows.map((_, place) => place);

  function lay() {
    let next = 0;
    const seen = rows.map(() => false);
    rows.forEach((row, place) => {
      const open = row.up < 0 || (seen[row.up] && (wanted !== null || !folded.has(row.up)));
      seen[place] = open && (wanted === null || wanted.has(place));
      names[place].hidden = !seen[place];
      bars[place].style.display = seen[place] ? "" : "none";
      if (seen[place]) {
        bars[place].setAttribute("transform", `translate(0,${next * data.height})`);
        at[place] = next;
        next += 1;
      } else {
        at[place] = row.up >= 0 ? at[row.up] : 0;
      }
      if (inner[place].length > 0) {
        const shut = folded.has(place) && wanted === null;
        names[place].setAttribute("aria-expanded", String(!shut));
        names[place].querySelector(".twist").textContent = shut ? "▸" : "▾";
      }
    });
    drawing.setAttribute("height", String(next * data.height));
    for (const hop of hops) {
      const middle = data.height / 2;
      hop.setAttribute("y1", String(at[Number(hop.dataset.a)] * data.height + middle));
      hop.setAttribute("y2", String(at[Number(hop.dataset.b)] * data.height + middle));
    }
  }

  function light(place) {
    for (const lit of turn.querySelectorAll(".lit")) lit.classList.remove("lit");
    names[place].classList.add("lit");
    bars[place].classList.add("lit");
    show(rows[place]);
  }

  function go(place) {
    names[focus].tabIndex = -1;
    focus = place;
    names[place].tabIndex = 0;
    names[place].focus();
  }

  function step(from, by) {
    for (let place = from + by; place >= 0 && place < rows.length; place += by) {
      if (!names[place].hidden) return place;
    }
    return from;
  }

  function toggle(place, shut) {
    if (inner[place].length === 0) return;
    if (shut) folded.add(place); else folded.delete(place);
    lay();
  }

  function press(event, place) {
    const keys = {
      ArrowDown: () => go(step(place, 1)),
      ArrowUp: () => go(step(place, -1)),
      Home: () => go(step(-1, 1)),
      End: () => go(step(rows.length, -1)),
      ArrowRight: () => folded.has(place) ? toggle(place, false) : go(step(place, 1)),
      ArrowLeft: () => {
        if (inner[place].length > 0 && !folded.has(place)) toggle(place, true);
        else if (rows[place].up >= 0) go(rows[place].up);
      },
      Enter: () => { pinned = rows[place]; light(place); },
      " ": () => toggle(place, !folded.has(place)),
      Escape: hide,
      "+": () => magnify(2),
      "-": () => magnify(0.5),
    };
    if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  }

  function magnify(by) {
    zoom = Math.min(64, Math.max(1, zoom * by));
    wide.style.setProperty("--zoom", String(zoom));
  }

  function find(words) {
    const text = words.trim().toLowerCase();
    if (text === "") {
      wanted = null;
    } else {
      wanted = new Set();
      rows.forEach((row, place) => {
        const told = `${row.title} ${row.told.map((pair) => pair[1]).join(" ")}`;
        if (told.toLowerCase().includes(text)) {
          for (let up = place; up >= 0; up = rows[up].up) wanted.add(up);
        }
      });
    }
    lay();
  }

  for (const part of [...names, ...bars]) {
    const place = Number(part.dataset.i);
    part.addEventListener("mouseenter", () => { if (pinned === null) light(place); });
    part.addEventListener("click", (event) => {
      if (event.target.classList.contains("twist")) {
        toggle(place, !folded.has(place));
        return;
      }
      pinned = pinned === rows[place] ? null : rows[place];
      light(place);
      go(place);
    });
  }
  names.forEach((name, place) => {
    name.addEventListener("keydown", (event) => press(event, place));
    name.addEventListener("focus", () => { focus = place; light(place); });
  });
  turn.querySelector(".find").addEventListener("input", (event) => find(event.target.value));
  turn.querySelector(".in").addEventListener("click", () => magnify(2));
  turn.querySelector(".out").addEventListener("click", () => magnify(0.5));
  turn.querySelector(".fold").addEventListener("click", () => {
    rows.forEach((row, place) => { if (inner[place].length > 0) folded.add(place); });
    lay();
  });
  turn.querySelector(".unfold").addEventListener("click", () => { folded.clear(); lay(); });
  if (rows.length > 300) {
    rows.forEach((row, place) => {
      if (inner[place].length > 0 && !names[place].classList.contains("on-path")) folded.add(place);
    });
    lay();
  }
}

for (const turn of document.querySelectorAll(".turn")) {
  if (turn.querySelector(".chart")) start(turn);
}
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : window.matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
