// What is drawn of a measured curve.
import type { Chart } from "./chart.ts"
import { type MeasuredCurve, panelsOf, type Scaling } from "./curves.ts"
import { bytesText, numberText } from "./ticks.ts"

export function chartOf({ name, title, axis, points }: MeasuredCurve, scaling: Scaling): Chart {
  const { machine, runs, measuredS, inFlight } = scaling
  const of = runs === 1 ? `one run of ${measuredS} s a point` : `medians of ${runs} runs of ${measuredS} s`
  const used = points.flatMap(({ result }) => (result === undefined ? [] : [result.othersCores]))
  const others = used.length === 0 ? "an unknown number" : `${Math.min(...used).toFixed(2)} to ${Math.max(...used).toFixed(2)}`
  return {
    title,
    axis: name === "payload" ? "that each order carries besides" : axis,
    notes: [
      `${machine.cores} x ${machine.cpu}, everything on it; Node ${machine.node}, ${machine.natsServer}`,
      `strict, ${inFlight} in flight; ${of}; others used ${others} of the cores; ${machine.date}`,
    ],
    points: points.map(({ x }) => ({ x, label: name === "payload" ? bytesText(x) : numberText(x) })),
    panels: panelsOf[name].map(({ title: panel, of: value, scale }) => ({
      title: panel,
      scale,
      values: points.map(({ result }) => (result === undefined ? undefined : value(result))),
    })),
  }
}
