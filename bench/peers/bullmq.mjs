// The order on BullMQ: three steps in one process, the step that was reached kept in the job. Redis syncs every write.
import { Queue, QueueEvents, Worker } from "bullmq"
import Redis from "ioredis"
import { orderOf } from "../order-saga.ts"
import { folder, freePort, listening, measurePeer, startProcess, startWorker, until } from "./peer.mjs"
import { charge, reserve, ship } from "./steps.mjs"

/** BullMQ blocks on its connections, so that it must not give a command up. */
function connect(port) {
  return new Redis({ host: "127.0.0.1", port: Number(port), maxRetriesPerRequest: null })
}

async function work(port) {
  const connection = connect(port)
  const handle = async (job) => {
    const order = job.data
    if ((order.step ?? 0) < 1) {
      await reserve(order)
      await job.updateData({ ...order, step: 1 })
    }
    if ((order.step ?? 0) < 2) {
      await charge(order)
      await job.updateData({ ...order, step: 2 })
    }
    await ship(order)
    return "completed"
  }
  await new Worker("orders", handle, { connection, concurrency: 100 }).waitUntilReady()
  process.send("ready")
}

async function drive() {
  const data = await folder("redis")
  const port = await freePort()
  const server = startProcess("redis-server", [
    "--port", String(port), "--bind", "127.0.0.1", "--dir", data.path, "--save", "",
    "--appendonly", "yes", "--appendfsync", "always",
  ])
  await until(`redis (${server.said()})`, () => listening(port))
  const worker = await startWorker(import.meta.filename, [port])
  const queue = new Queue("orders", { connection: connect(port) })
  // From the beginning: by default it would miss what is completed before its first read, and the load would wait for that.
  const events = new QueueEvents("orders", { connection: connect(port), lastEventId: "0-0" })
  try {
    await Promise.all([queue.waitUntilReady(), events.waitUntilReady()])
    const waiting = new Map()
    events.on("completed", ({ jobId }) => {
      waiting.get(jobId)?.("completed")
      waiting.delete(jobId)
    })
    const start = (n) =>
      new Promise((resolve, reject) => {
        const order = orderOf(n, "happy", 0)
        waiting.set(order.orderId, resolve)
        queue.add("order", order, { jobId: order.orderId }).catch(reject)
      })
    await measurePeer({ start, pids: { server: [server.pid], worker: [worker.pid] }, store: data.path })
  } finally {
    await Promise.all([queue.close(), events.close()])
    await worker.stop()
    await server.stop()
    await data.remove()
  }
}

if (process.argv[2] === "worker") await work(process.argv[3])
else {
  await drive()
  process.exit(0)
}
