// What the flow graph cannot know by itself: which events are meant for others, and why what goes round comes to an end.
import { type App, checkFlow, type FlowCheck } from "../../runtime/index.ts"
import { MonitorAlarm } from "../../sagas/index.ts"

export function checkShop(apps: readonly App[]): FlowCheck {
  return checkFlow(apps, {
    leaves: [MonitorAlarm],
    accept: {
      "cycle LineReserved > inventory > LineReserved": "each turn goes on to the next line, and an order has at most 200",
      "cycle LineReleased > inventory > LineReleased": "each turn goes back by one line, down to the first",
    },
  })
}
