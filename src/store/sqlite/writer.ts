/** The writer thread: owns the one writing connection, so that syncs and checkpoints never hold up the event loop. */
import { parentPort, workerData } from 'node:worker_threads'
import type { DatabaseSync } from 'node:sqlite'
import { Applier } from './apply.ts'
import { Checkpoints } from './checkpoint.ts'
import { commitGroup } from './group.ts'
import { openForWriting, Refused } from './open.ts'
import { sqliteFault } from './sqlite-fault.ts'
import type { Reply, Request, WriterOptions } from './messages.ts'

const options = workerData as WriterOptions
const reply = (message: Reply): void => parentPort?.postMessage(message)

try {
  serve(openForWriting(options))
} catch (error) {
  reply({ kind: 'refused', fault: error instanceof Refused ? error.fault : sqliteFault(error, options.path) })
}

function serve(db: DatabaseSync): void {
  const applier = new Applier(db)
  const checkpoints = new Checkpoints(db)
  parentPort?.on('message', (request: Request) => {
    if (request.kind === 'commit') {
      reply({ kind: 'done', outcomes: commitGroup(db, applier, request.commits, options.path) })
      return checkpoints.afterGroup(request.commits.length, request.sizeBytes)
    }
    db.close()
    reply({ kind: 'closed' })
    parentPort?.close()
  })
  reply({ kind: 'ready' })
}
