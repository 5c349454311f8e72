// The colours of an SVG picture, dark on its own light ground. Every colour goes with a word or a shape that says the same.
export const style = `
    text { font: 13px ui-sans-serif, system-ui, "DejaVu Sans", sans-serif; fill: #1f2328 }
    .title { font-size: 16px; font-weight: 600 }
    .box text { text-anchor: middle }
    .name { font-weight: 600 }
    .detail, .back { fill: #57606a }
    rect { fill: #ffffff; stroke: #57606a; stroke-width: 1.2 }
    .ground { stroke: none }
    .frame rect { fill: #f6f8fa; stroke: #8c959f; stroke-dasharray: 6 3 }
    .step > rect, .child > rect { fill: #ddf4ff; stroke: #0969da }
    .pivot > rect { fill: #ddf4ff; stroke: #0550ae; stroke-width: 3.2 }
    .wait > rect { fill: #ffffff; stroke: #9a6700 }
    .wire { stroke: #57606a; stroke-width: 1.3; fill: none }
    .wire.back { stroke: #8250df; stroke-dasharray: 5 4; fill: none }
    .wire.rule { stroke: #0550ae; stroke-dasharray: 2 3 }
    #head path { fill: #57606a }
    #back-head path { fill: #8250df }
    .done > rect { fill: #dafbe1; stroke: #1a7f37 }
    .done .mark, .label.done { fill: #116329 }
    .skipped > rect { fill: #dafbe1; stroke: #1a7f37; stroke-dasharray: 4 3 }
    .running > rect, .waiting > rect { fill: #fff8c5; stroke: #bf8700; stroke-width: 2.4 }
    .refused > rect, .abandoned > rect { fill: #ffebe9; stroke: #cf222e }
    .refused .mark, .abandoned .mark { fill: #a40e26 }
    .unknown > rect, .parked > rect { fill: #fff1e5; stroke: #bc4c00; stroke-width: 2.4 }
    .unknown .mark, .parked .mark { fill: #953800 }
    .undone > rect { fill: #fbefff; stroke: #8250df }
    .undoing > rect { fill: #fbefff; stroke: #8250df; stroke-width: 2.4 }
    .undone .mark, .undoing .mark { fill: #6639ba }
    .out > rect { fill: #ffffff; stroke: #8c959f; stroke-dasharray: 2 3 }
    .out text, .label.out { fill: #57606a }
    .frame.done rect, .frame.running rect, .frame.out rect { fill: #f6f8fa; stroke-width: 1.2 }`
