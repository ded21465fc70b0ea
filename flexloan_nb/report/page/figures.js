// Draws the figures of a report, and fits them to the window and to paper.
"use strict";

const config = { displaylogo: false, plotlyServerURL: "", responsive: true, showSendToCloud: false };
const paper = 680; // pixels: A4 less its margins

document.getElementById("needs-script").hidden = true;

const charts = [...document.querySelectorAll("figure[data-figure]")];

for (const chart of charts) {
  const { data, layout } = JSON.parse(document.getElementById(chart.dataset.figure).textContent);
  Plotly.newPlot(chart, data, layout, config).then(() => describe(chart));
}

function describe(chart) {
  const title = chart.querySelector(".gtitle")?.textContent ?? "";
  const picture = chart.querySelector("svg.main-svg");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", title);
  chart.dataset.drawn = "yes";
}

let folded = [];

addEventListener("beforeprint", () => {
  for (const chart of charts) Plotly.relayout(chart, { width: paper, autosize: false, "title.font.size": 14 });
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const details of folded) details.open = true;
});

addEventListener("afterprint", () => {
  for (const chart of charts) Plotly.relayout(chart, { width: null, autosize: true, "title.font.size": null });
  for (const details of folded) details.open = false;
});
