// The page around the cards: index, search, filters, turning, and reloading on a change.
"use strict";

const $ = id => document.getElementById(id);
const FILTERS = ["area", "topic", "company", "track", "difficulty"];
const SWITCHES = ["both", "phone", "night"];
let data = window.mlcards;
let turned = false;

// State ------------------------------------------------------------------------------------

function remembered(name) {
  try { return localStorage.getItem(`mlcards-${name}`) === "true"; } catch { return false; }
}

function remember(name, value) {
  try { localStorage.setItem(`mlcards-${name}`, value); } catch { /* a private window */ }
}

function chosen() {
  const words = $("search").value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return data.answers.filter(answer =>
    FILTERS.every(kind => {
      const wanted = $(`filter-${kind}`).value;
      return !wanted || answer[kind].includes(wanted);
    }) && words.every(word => answer.search.includes(word)));
}

// An address is #<id> for an answer's Explain card, or #<id>/<prompt-id>/<number of the card>.
function current() {
  const [id, prompt, number] = location.hash.slice(1).split("/");
  const answer = data.answers.find(one => one.id === id);
  if (!answer) return {};
  const key = prompt ? `${id}/${prompt}` : id;
  const card = answer.cards.find(one => one.key === key && one.number === Number(number || 0));
  return { answer, card: card || answer.cards.at(-1) };
}

function address(card) {
  return `#${card.key.includes("/") ? `${card.key}/${card.number}` : card.key}`;
}

// Elements -----------------------------------------------------------------------------------

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function fillFilters() {
  const values = Object.fromEntries(FILTERS.map(kind => [kind, $(`filter-${kind}`)?.value || ""]));
  $("filters").replaceChildren(...FILTERS.map(kind => {
    const used = new Set(data.answers.flatMap(answer => answer[kind]));
    const select = element("select", { id: `filter-${kind}` },
      element("option", { value: "", textContent: `Any ${kind}` }),
      ...data.names[kind].filter(term => used.has(term.id)).map(term =>
        element("option", { value: term.id, textContent: term.name })));
    select.setAttribute("aria-label", kind);
    select.value = used.has(values[kind]) ? values[kind] : "";
    select.addEventListener("change", showIndex);
    return select;
  }));
}

function entries(answers, level) {
  const groups = [];
  const name = (kind, id) => data.names[kind].find(term => term.id === id)?.name || id;
  let area, topic;
  for (const answer of answers) {
    if (answer.area[0] !== area) {
      area = answer.area[0];
      topic = null;
      groups.push(element(`h${level}`, { textContent: name("area", area) }));
    }
    if ((answer.topic[0] || "") !== topic) {
      topic = answer.topic[0] || "";
      groups.push(element(`h${level + 1}`, { textContent: name("topic", topic) }), element("ul"));
    }
    const link = element("a", { href: `#${answer.id}`, textContent: answer.title });
    const marks = answer.company.map(id => element("small", { textContent: name("company", id) }));
    if (answer.problems.length) marks.push(element("small", { className: "broken", textContent: "to mend" }));
    groups.at(-1).append(element("li", {}, link, ...marks));
  }
  return groups;
}

function showIndex() {
  const answers = chosen();
  $("count").textContent = `${answers.length} of ${data.answers.length} answers`;
  $("list").replaceChildren(...entries(answers, 2));
  const cards = data.answers.reduce((sum, answer) => sum + answer.cards.length, 0);
  $("home").replaceChildren(
    element("h1", { textContent: data.title }),
    ...problemList(data.problems),
    element("p", { textContent: `${data.answers.length} answers, ${cards} cards. Choose a question, say the ` +
      "answer aloud, then turn the card with the space bar; the arrow keys lead to the next." }),
    ...entries(answers, 2));
  mark();
}

function problemList(problems) {
  return problems.map(one => element("div", { className: `problem ${one.severity}` },
    element("p", {}, element("code", { textContent: `${one.path}:${one.line}:${one.column}` }),
      ` ${one.message} `, element("small", { textContent: one.code })),
    ...(one.text ? [element("pre", { textContent: `${one.text}\n${" ".repeat(one.column - 1)}^` })] : [])));
}

function adviceOn(answer) {
  if (!data.live || !answer.advice.length) return [];
  const summary = element("summary", { textContent: `Advice: ${answer.advice.length}` });
  return [element("details", {}, summary, ...problemList(answer.advice))];
}

function mark() {
  const { answer, card } = current();
  for (const link of document.querySelectorAll("#list a")) {
    const here = answer && link.hash === `#${answer.id}`;
    link.toggleAttribute("aria-current", here);
    if (here) link.scrollIntoView({ block: "nearest" });
  }
  return { answer, card };
}

function show() {
  const { answer, card } = mark();
  $("home").hidden = Boolean(answer);
  $("reader").hidden = !answer;
  document.body.classList.toggle("reading", Boolean(answer));
  document.body.classList.toggle("night", $("night").checked);
  document.title = answer ? `${answer.title} – mlcards` : "mlcards";
  if (!answer) return;
  $("path").textContent = answer.path;
  $("problems").replaceChildren(...problemList(answer.problems), ...adviceOn(answer));
  $("stage").hidden = answer.problems.length > 0 || !card;
  $("cards").replaceChildren(...answer.cards.map(one => {
    const link = element("a", { href: address(one), textContent: one.label });
    link.setAttribute("role", "tab");
    link.setAttribute("aria-selected", one === card);
    return link;
  }));
  $("cards").querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  if ($("stage").hidden) return;
  const sides = data.sides[answer.id]?.[answer.cards.indexOf(card)];
  if (!sides) {
    load(`cards/${answer.id}.js`, show);
    return;
  }
  const both = $("both").checked;
  $("stage").classList.toggle("phone", $("phone").checked);
  $("question").hidden = turned && !both;
  $("answer").hidden = !turned && !both;
  $("flip").disabled = both;
  for (const side of ["question", "answer"]) {
    const message = { key: `${address(card)} ${side}`, html: sides[side], night: $("night").checked };
    $(side).contentWindow.postMessage(message, "*");
  }
}

// Moving -------------------------------------------------------------------------------------

function move(step) {
  const cards = chosen().flatMap(answer => answer.cards);
  const { card } = current();
  const next = cards[cards.indexOf(card) + step];
  if (next) location.hash = address(next);
}

function press(key) {
  if (key === "/") $("search").focus();
  else if (key === "ArrowLeft") move(-1);
  else if (key === "ArrowRight") move(1);
  else if (key === " " && current().answer && !$("both").checked) $("flip").click();
  else if (key === "n") $("night").click();
  else if (key === "p") $("phone").click();
  else if (key === "b") $("both").click();
  else if (key === "Escape") { $("search").blur(); location.hash = ""; }
  else return false;
  return true;
}

document.addEventListener("keydown", event => {
  const typing = event.target.matches("input[type=search], select") && event.key !== "Escape";
  const pressed = event.target.matches("button, input") && [" ", "Enter"].includes(event.key);
  if (typing || pressed || event.ctrlKey || event.metaKey || event.altKey) return;
  if (press(event.key)) event.preventDefault();
});

window.addEventListener("message", event => {
  if (event.data.ready) show();
  if (event.data.pressed) press(event.data.pressed);
});

window.addEventListener("hashchange", () => { turned = false; show(); });
$("search").addEventListener("input", showIndex);
$("flip").addEventListener("click", event => { turned = !turned; event.target.blur(); show(); });
$("previous").addEventListener("click", () => move(-1));
$("next").addEventListener("click", () => move(1));
$("back-to-index").addEventListener("click", () => { location.hash = ""; });
for (const name of SWITCHES) {
  $(name).checked = remembered(name);
  $(name).addEventListener("change", event => {
    remember(name, event.target.checked);
    event.target.blur();
    show();
  });
}

// Reloading ----------------------------------------------------------------------------------

function load(path, then) {
  const script = element("script", { src: `${path}${data.live ? `?${Date.now()}` : ""}` });
  script.addEventListener("load", () => { script.remove(); then(); });
  document.head.append(script);
}

function reload() {
  load("data.js", () => {
    data = window.mlcards;
    start();
  });
}

function start() {
  document.querySelector("#index h1 a").textContent = data.title;
  fillFilters();
  showIndex();
  show();
}

start();
if (data.live) {
  const events = new EventSource("events");
  let connected = false;
  events.addEventListener("change", reload);
  events.addEventListener("open", () => { // again after a pause: something may have changed
    if (connected) reload();
    connected = true;
  });
}
