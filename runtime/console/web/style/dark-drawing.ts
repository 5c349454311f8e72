// The colours of drawings on a dark ground: the same words and shapes, other tones. Read behind those of the drawing itself.
export const darkDrawing = `
  text { fill: #e4e6eb }
  .detail, .back, .out text, .label.out { fill: #9aa1ad }
  rect { fill: #1d2027; stroke: #79808d }
  .frame rect, .frame.done rect, .frame.running rect, .frame.out rect { fill: #181b21; stroke: #4d5461 }
  .step > rect, .child > rect, .pivot > rect, .service rect, .saga rect { fill: #16263d; stroke: #5b9bec }
  .wait > rect { fill: #1d2027; stroke: #d3a13c }
  .observer rect { fill: #2d2611; stroke: #d3a13c }
  .event rect, .command rect, .outside rect { fill: #1d2027; stroke: #79808d }
  .wire, path.arrow { stroke: #79808d; fill: none }
  .wire.back { stroke: #b48ef0; fill: none }
  .wire.rule { stroke: #5b9bec }
  #head path { fill: #79808d }
  #back-head path { fill: #b48ef0 }
  .done > rect, .skipped > rect { fill: #12291a; stroke: #4cae68 }
  .done .mark, .label.done { fill: #7bd394 }
  .running > rect, .waiting > rect { fill: #2d2611; stroke: #d3a13c }
  .refused > rect, .abandoned > rect { fill: #351b1d; stroke: #ef6a6a }
  .refused .mark, .abandoned .mark { fill: #ff9d9d }
  .unknown > rect, .parked > rect { fill: #35210f; stroke: #ef8a45 }
  .unknown .mark, .parked .mark { fill: #ffb27d }
  .undone > rect, .undoing > rect { fill: #261c38; stroke: #b48ef0 }
  .undone .mark, .undoing .mark { fill: #cdb2f8 }
  .out > rect { fill: #15171c; stroke: #4d5461 }`
