// Shows the side of a card that the page around it sends, as Anki would.
"use strict";

const qa = document.getElementById("qa");
let shown = "";
let work = Promise.resolve();

window.addEventListener("message", event => {
  if (event.source !== parent) return;
  const { key, html, night } = event.data;
  if (html === undefined) return;
  document.body.classList.toggle("nightMode", night);
  document.body.classList.toggle("night_mode", night);
  if (qa.dataset.html === html) return;
  const again = key === shown;
  const open = [...qa.querySelectorAll("details")].map(section => section.open);
  const top = scrollY;
  shown = key;
  qa.dataset.html = html;
  qa.innerHTML = html;
  for (const link of qa.querySelectorAll("a")) link.target = "_blank";
  if (again) qa.querySelectorAll("details").forEach((section, i) => { section.open = open[i]; });
  work = work.then(() => window.MathJax?.startup?.promise).then(() => {
    if (window.MathJax?.typesetPromise && qa.dataset.html === html) {
      MathJax.typesetClear();
      MathJax.texReset();
      return MathJax.typesetPromise([qa]);
    }
  }).then(() => scrollTo(0, again ? top : 0));
});

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("summary, a") && ["Enter", " "].includes(event.key)) return;
  if ([" ", "ArrowLeft", "ArrowRight"].includes(event.key)) event.preventDefault();
  parent.postMessage({ pressed: event.key }, "*");
});

parent.postMessage({ ready: true }, "*");
