// Decisions over the last hour as bars, a minute each; the table behind it says the same to who does not see it.
import type { Rates } from "../answers.ts"
import { clockText, countText } from "./words.ts"

const minutes = 60
const height = 88
const step = 16

export function RateChart({ rates }: { rates: Rates | undefined }) {
  const stepMs = rates?.stepMs ?? 60_000
  const lastMs = Math.floor(Date.now() / stepMs) * stepMs
  const byTime = new Map(rates?.rates.map(({ atMs, counts }) => [atMs, counts]))
  const bars = Array.from({ length: minutes }, (_, index) => {
    const atMs = lastMs - (minutes - 1 - index) * stepMs
    const counts = byTime.get(atMs) ?? {}
    return { atMs, decisions: counts["decisions"] ?? 0, back: counts["compensated"] ?? 0, parked: counts["parked"] ?? 0 }
  })
  const top = Math.max(1, ...bars.map(({ decisions }) => decisions))
  const scale = (count: number) => (count === 0 ? 0 : Math.max(2, (count / top) * height))
  const sum = bars.reduce((total, { decisions }) => total + decisions, 0)
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${minutes * step} ${height}`} preserveAspectRatio="none" role="img"
        aria-label={`${countText(sum)} decisions in the last hour, at most ${countText(top)} in a minute`}>
        {bars.map(({ atMs, decisions, back, parked }, index) => (
          <g key={atMs}>
            <title>{`${clockText(atMs)}: ${countText(decisions)} decisions, ${back} compensated, ${parked} parked`}</title>
            <rect class="whole" x={index * step} y={0} width={step} height={height} />
            <rect x={index * step + 2} y={height - scale(decisions)} width={step - 4} height={scale(decisions)} rx={2} />
            {parked > 0 && <rect class="bad" x={index * step + 2} y={height - 5} width={step - 4} height={5} />}
          </g>
        ))}
      </svg>
      <figcaption>
        <span>{clockText(bars[0]?.atMs ?? 0)}</span>
        <span>at most {countText(sum === 0 ? 0 : top)} in a minute</span>
        <span>now</span>
      </figcaption>
    </figure>
  )
}
