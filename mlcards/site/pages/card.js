// Shows the side of a card that the page around it sends, as Anki would.
"use strict";

const qa = document.getElementById("qa");
let shown = "";
// Before, MathJax is not there yet and is only its own configuration.
let work = new Promise(resolve => {
  if (document.readyState === "complete") resolve();
  else addEventListener("load", resolve);
});

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
  }).then(() => {
    sayWhatIsBroken();
    scrollTo(0, again ? top : 0);
  });
});

// Anki shows the TeX of a broken formula without a word; here its fault stands beside it.
function sayWhatIsBroken() {
  for (const broken of qa.querySelectorAll("mjx-merror")) {
    const fault = document.createElement("strong");
    fault.className = "broken-formula";
    fault.textContent = ` MathJax: ${broken.dataset.mjxError}`;
    broken.closest("mjx-container").after(fault);
  }
}

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("summary, a") && ["Enter", " "].includes(event.key)) return;
  if ([" ", "ArrowLeft", "ArrowRight"].includes(event.key)) event.preventDefault();
  parent.postMessage({ pressed: event.key }, "*");
});

parent.postMessage({ ready: true }, "*");
