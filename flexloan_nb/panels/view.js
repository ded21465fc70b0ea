// Draws a PlotlyView, and loads plotly.js once for all views of a page.

const page = (globalThis.flexloanPage ??= newPage());

function newPage() {
  const state = { started: false };
  state.plotly = new Promise((resolve, reject) => Object.assign(state, { resolve, reject }));
  state.plotly.catch(() => {}); // each view reports it for itself
  return state;
}

function loadPlotly(code) {
  if (page.started) return;
  page.started = true;
  const script = document.createElement("script");
  script.src = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  script.onload = () => page.resolve(globalThis.Plotly);
  script.onerror = () => page.reject(new Error("plotly.js could not be loaded"));
  document.head.appendChild(script);
}

// A column as plotly takes it: a typed array, or rows of them.
function arrayOf({ shape, bytes }) {
  const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const flat = new Float64Array(copy);
  if (shape.length < 2) return flat;
  const width = shape[1];
  return Array.from({ length: shape[0] }, (_, row) => flat.subarray(row * width, (row + 1) * width));
}

function dataOf(spec, columns) {
  const data = structuredClone(spec.data);
  for (const [path, column] of Object.entries(columns)) {
    const keys = path.split(".");
    const last = keys.pop();
    const owner = keys.reduce((node, key) => (node[key] ??= {}), data);
    owner[last] = arrayOf(column);
  }
  return data.map((trace) => (isBlank(trace) ? { ...trace, visible: false } : trace));
}

// What has no point and no place in the legend need not be drawn.
function isBlank({ x, showlegend }) {
  return showlegend === false && x instanceof Float64Array && x.every(Number.isNaN);
}

// The layout in the colours of the page. Plotly alters what it is given, so it gets a copy.
function layoutOf(spec) {
  const layout = structuredClone(spec.layout);
  const { ink, grid, ground } = themeColours();
  const template = ((layout.template ??= {}).layout ??= {});
  template.font = { ...template.font, color: ink };
  template.paper_bgcolor = template.plot_bgcolor = "rgba(0, 0, 0, 0)";
  template.hoverlabel = { ...template.hoverlabel, bgcolor: ground, bordercolor: grid, font: { color: ink } };
  for (const axis of ["xaxis", "yaxis"]) {
    template[axis] = { ...template[axis], gridcolor: grid, linecolor: grid, zerolinecolor: grid };
  }
  return layout;
}

// Read once for each theme: to read them, the browser works out the styles of the whole page.
function themeColours() {
  const theme = document.body.dataset.jpThemeName;
  if (page.colours?.theme !== theme) {
    page.colours = {
      theme,
      ink: colour("var(--jp-ui-font-color1, currentcolor)"),
      grid: colour("var(--jp-border-color2, gray)"),
      ground: colour("var(--jp-layout-color1, white)"),
    };
  }
  return page.colours;
}

// Measured on the body: a view may be drawn before it is put into the page.
function colour(css) {
  const probe = document.body.appendChild(document.createElement("span"));
  probe.style.color = css;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function plainText(markup) {
  return new DOMParser().parseFromString(markup.replaceAll("<", " <"), "text/html").body.textContent.trim();
}

async function render({ model, el }) {
  const div = el.appendChild(document.createElement("div"));
  let Plotly;
  try {
    Plotly = await page.plotly;
  } catch (error) {
    return report(error);
  }

  function report(error) {
    div.textContent = `This figure could not be drawn: ${error.message}`;
    div.setAttribute("role", "alert");
  }

  // One drawing at a time; what changes meanwhile is drawn once, after it.
  let busy = false;
  let changed = false;
  async function draw() {
    changed = true;
    if (busy) return;
    busy = true;
    try {
      while (changed) {
        changed = false;
        const spec = model.get("spec");
        await Plotly.react(div, dataOf(spec, model.get("columns")), layoutOf(spec), spec.config);
        const picture = div.querySelector("svg.main-svg");
        picture.setAttribute("role", "img");
        picture.setAttribute("aria-label", plainText(spec.layout.title?.text ?? ""));
      }
      sendPictureSoon();
    } catch (error) {
      report(error);
    } finally {
      busy = false;
    }
  }

  // A picture for the saved notebook, in the figure's own colours, which suit any ground.
  let rest;
  let sent;
  function sendPictureSoon() {
    clearTimeout(rest);
    rest = setTimeout(sendPicture, 1000);
  }
  async function sendPicture() {
    if (!div.clientWidth || !el.closest(".jp-OutputArea-child")) return;
    const layout = { ...div.layout, template: structuredClone(model.get("spec").layout.template) };
    const size = { width: div.clientWidth, height: div.clientHeight, scale: 1.5 };
    const url = await Plotly.toImage({ data: div.data, layout }, { format: "png", ...size });
    if (url === sent) return;
    sent = url;
    const bytes = Uint8Array.from(atob(url.split(",")[1]), (character) => character.charCodeAt(0));
    model.send({ kind: "picture" }, undefined, [bytes.buffer]);
  }

  // A notebook hides what is scrolled away or in a closed tab; plotly cannot measure that.
  const sizes = new ResizeObserver(() => {
    if (!div.clientWidth || !div._fullLayout) return;
    Plotly.Plots.resize(div);
    sendPictureSoon();
  });
  const theme = new MutationObserver(draw);
  model.on("change:spec change:columns", draw);
  await draw();
  sizes.observe(el);
  theme.observe(document.body, { attributeFilter: ["data-jp-theme-name"] });

  return () => {
    clearTimeout(rest);
    sizes.disconnect();
    theme.disconnect();
    model.off("change:spec change:columns", draw);
    Plotly.purge(div);
  };
}

function initialize({ model }) {
  const code = model.get("code");
  if (code) loadPlotly(code);
}

export default { initialize, render };
