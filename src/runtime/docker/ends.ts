/** How a container ended, as the engine and its log tell. */
import type { EngineCalls } from './engine-calls.ts'
import { type Exit, execFailure, exitOf, mayBeExecFailure } from './exit.ts'
import { engineFrames } from './log-capture.ts'
import type { LogFrame } from './log-frames.ts'
import type { ContainerRecord, PodRecord } from './pod-record.ts'

/** How long the engine is asked whether it was for want of memory, while it does not say so. */
const lateNewsMs = [60, 150, 400]

/** `null` where it has not ended, as far as the engine knows. @throws where the engine cannot tell now */
export async function readEnd(calls: EngineCalls, pod: PodRecord, container: ContainerRecord): Promise<Exit | null> {
  const id = container.id
  if (id === null) return null
  const found = await calls.inspect(id)
  if (found?.status !== 'exited' && found?.status !== 'dead') return null
  const mayBeLate = found.exitCode === 137 && !found.isOomKilled && container.planned.hasMemoryLimit && !pod.isStopping
  if (mayBeLate) {
    // The news of the kernel's kill comes to the engine on another way than that of the end.
    for (const waitMs of lateNewsMs) {
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      if ((await calls.inspect(id))?.isOomKilled) return exitOf(137, true)
    }
  }
  return readExit(calls, id, container, found.exitCode, found.isOomKilled)
}

/** The exit with the reason that only the log tells: that the command could not be executed. */
export async function readExit(
  calls: EngineCalls,
  id: string,
  container: ContainerRecord,
  exitCode: number,
  isOomKilled: boolean,
): Promise<Exit> {
  if (!mayBeExecFailure(exitCode)) return exitOf(exitCode, isOomKilled)
  const frames: LogFrame[] = []
  const tail = engineFrames(calls.client, id, container.planned.tty === true, { tail: 1 })
  for await (const frame of tail) frames.push(frame)
  const message = execFailure(frames)
  return message === null ? exitOf(exitCode, isOomKilled) : { exitCode: 64, reason: 'Error', message }
}
