// Fills texts into a readout's HTML, node by node.

function fill(el, texts) {
  for (const node of el.querySelectorAll("[data-text]")) {
    const text = texts[node.dataset.text] ?? "";
    if (node.textContent !== text) node.textContent = text;
  }
  for (const node of el.querySelectorAll("[data-mark]")) {
    const mark = texts[node.dataset.mark] ?? "";
    if (node.dataset.is !== mark) node.dataset.is = mark;
  }
}

// ipywidgets leaves the handles of its sliders without a name for screen readers.
function nameSliders(panel) {
  for (const handle of panel?.querySelectorAll(".noUi-handle") ?? []) {
    const label = handle.closest(".widget-slider")?.querySelector("label");
    const name = label?.title || label?.textContent;
    if (name && handle.getAttribute("aria-label") !== name) handle.setAttribute("aria-label", name);
  }
}

function render({ model, el }) {
  const draw = () => {
    fill(el, model.get("texts"));
    nameSliders(el.closest(".flexloan-panel"));
  };
  const rebuild = () => {
    el.innerHTML = model.get("html");
    draw();
  };
  rebuild();
  model.on("change:texts", draw);
  model.on("change:html", rebuild);
  return () => {
    model.off("change:texts", draw);
    model.off("change:html", rebuild);
  };
}

export default { render };
