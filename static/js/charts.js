// Draws the charts of a page out of their JSON blocks with ECharts. Without it the table in each <figure> says the same.
// Spec: {kind: "line"|"bar"|"area"|"hbar"|"stack"|"donut"|"heatmap"|"gauge", categories: [], series: [{name, data, kind?, axis?, target?}],
//        units: ["万元", "家"], y?: [labels of a heatmap]} or {option: <a full ECharts option>}.
(function () {
  "use strict";
  if (!window.echarts) return;
  var COLOURS = ["#1f5fd6", "#0e9384", "#dc6803", "#7a5af8", "#d92d20", "#0086c9", "#475467", "#4ca30d"];
  var still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  var dark = document.body.classList.contains("is-wall");
  var ink = dark ? "#c7d7f5" : "#475467", rule = dark ? "#22375f" : "#e4e7ec";

  function size() { return dark ? Math.max(12, Math.round(window.innerHeight * 0.0155)) : 12; }
  function text(extra) { return Object.assign({ color: ink, fontSize: size() }, extra || {}); }

  function valueAxis(unit, index) {
    return { type: "value", name: unit || "", nameTextStyle: text(), axisLabel: text(), splitLine: { show: !index, lineStyle: { color: rule } } };
  }
  function categoryAxis(spec) {
    return { type: "category", data: spec.categories, axisLabel: text(), axisTick: { show: false }, axisLine: { lineStyle: { color: rule } } };
  }
  function line(spec, one, index) {
    var kind = one.kind || spec.kind;
    var drawn = { name: one.name, data: one.data, type: kind === "area" || kind === "line" ? "line" : "bar", yAxisIndex: one.axis || 0 };
    if (drawn.type === "line") { drawn.smooth = 0.3; drawn.symbolSize = 7; drawn.lineStyle = { width: 2.5, type: one.dashed ? "dashed" : "solid" }; }
    if (kind === "area") drawn.areaStyle = { opacity: 0.12 };
    if (drawn.type === "bar") { drawn.barMaxWidth = 26; drawn.itemStyle = { borderRadius: kind === "hbar" ? [0, 4, 4, 0] : kind === "stack" ? 0 : [4, 4, 0, 0] }; }
    if (kind === "stack") drawn.stack = "all";
    if (one.target != null) drawn.markLine = { symbol: "none", label: text({ formatter: "{c}", position: "insideEndTop" }), lineStyle: { type: "dashed", color: "#d92d20" }, data: [{ yAxis: one.target }] };
    if (kind === "hbar") { delete drawn.yAxisIndex; drawn.label = text({ show: true, position: "right" }); }
    return drawn;
  }
  function axes(spec) {
    var across = spec.kind === "hbar", units = spec.units || [""];
    var values = units.map(valueAxis), names = categoryAxis(spec);
    if (across) { names.inverse = true; values = [valueAxis(units[0], 0)]; }
    return {
      grid: { left: 8, right: across ? 48 : 8, top: across ? 8 : 56, bottom: across ? 24 : 8, containLabel: true },
      legend: across || spec.series.length < 2 ? undefined : { top: 0, textStyle: text(), type: "scroll" },
      tooltip: { trigger: "axis" }, xAxis: across ? values : names, yAxis: across ? names : values,
      series: spec.series.map(function (one, index) { return line(spec, one, index); })
    };
  }
  function donut(spec) {
    var data = spec.categories.map(function (name, index) { return { name: name, value: spec.series[0].data[index] }; });
    return {
      legend: { bottom: 0, textStyle: text(), type: "scroll" }, tooltip: { trigger: "item", formatter: "{b}: {c} ({d}%)" },
      series: [{ type: "pie", name: spec.series[0].name, radius: ["46%", "70%"], center: ["50%", "44%"], data: data, label: { show: false }, itemStyle: { borderColor: dark ? "#0b1b3a" : "#fff", borderWidth: 2 } }]
    };
  }
  function heatmap(spec) {
    var largest = Math.max.apply(null, spec.series[0].data.map(function (cell) { return cell[2]; }).concat([1]));
    return {
      grid: { left: 8, right: 8, top: 8, bottom: 48, containLabel: true }, tooltip: {},
      xAxis: categoryAxis(spec), yAxis: { type: "category", data: spec.y, axisLabel: text(), axisTick: { show: false } },
      visualMap: { min: 0, max: largest, orient: "horizontal", left: "center", bottom: 0, textStyle: text(), inRange: { color: dark ? ["#10264f", "#3f8cff"] : ["#eaf1ff", "#7aa7f2"] } },
      series: [{ type: "heatmap", name: spec.series[0].name, data: spec.series[0].data, label: { show: true, color: dark ? "#fff" : "#101828" } }]
    };
  }
  function gauge(spec) {
    return { series: [{ type: "gauge", min: 0, max: 100, progress: { show: true, width: 14 }, axisLine: { lineStyle: { width: 14, color: [[1, rule]] } }, axisTick: { show: false }, splitLine: { show: false }, axisLabel: { show: false }, pointer: { show: false }, anchor: { show: false }, detail: { valueAnimation: !still, formatter: "{value}%", color: ink, offsetCenter: [0, 0], fontSize: size() * 2 }, data: [{ value: spec.series[0].data[0], name: "" }] }] };
  }
  function option(spec) {
    var made = spec.option || ({ donut: donut, heatmap: heatmap, gauge: gauge }[spec.kind] || axes)(spec);
    made.color = made.color || COLOURS;
    made.animation = !still;
    made.textStyle = { fontFamily: getComputedStyle(document.body).fontFamily };
    made.aria = { enabled: true };
    if (made.tooltip) made.tooltip.renderMode = "richText"; // the html mode writes style attributes, which the page's policy forbids
    return made;
  }

  document.querySelectorAll("figure[data-chart]").forEach(function (figure) {
    var source = figure.querySelector("script[type='application/json']"), canvas = figure.querySelector(".chart-canvas");
    if (!source || !canvas) return;
    canvas.hidden = false;
    var details = figure.querySelector("details.chart-data");
    if (details) details.open = false;
    var chart = window.echarts.init(canvas, null, { renderer: "canvas" });
    var spec = JSON.parse(source.textContent);
    chart.setOption(option(spec));
    new ResizeObserver(function () { chart.resize(); }).observe(canvas);
    figure.chart = chart;
  });
})();
