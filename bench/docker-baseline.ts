/** What Docker takes by itself: a loop of `docker run --rm`, and containers over its API, so many at once. */
import { spawn } from 'node:child_process'
import type Docker from 'dockerode'

export const image = 'busybox:latest'

/** Seconds for `count` containers one after the other by the command line. */
export async function dockerRunLoop(count: number): Promise<number> {
  const begun = performance.now()
  for (let i = 0; i < count; i++) {
    const code = await new Promise<number | null>((resolve) =>
      spawn('docker', ['run', '--rm', image, 'true'], { stdio: 'ignore' })
        .on('close', resolve)
        .on('error', () => resolve(1)),
    )
    if (code !== 0) throw new Error('docker run failed')
  }
  return (performance.now() - begun) / 1000
}

/** Containers per second on the bridge with the best of several widths: create, start, wait, remove. */
export async function bestRawRate(
  docker: Docker,
  count: number,
  widths: readonly number[],
): Promise<{ readonly rate: number; readonly width: number }> {
  let best = { rate: 0, width: 0 }
  for (const width of widths) {
    const rate = count / (await rawSeconds(docker, count, width))
    if (rate > best.rate) best = { rate, width }
  }
  return best
}

async function rawSeconds(docker: Docker, count: number, width: number): Promise<number> {
  const begun = performance.now()
  let left = count
  const worker = async (): Promise<void> => {
    while (left-- > 0) await oneContainer(docker)
  }
  await Promise.all(Array.from({ length: width }, worker))
  return (performance.now() - begun) / 1000
}

async function oneContainer(docker: Docker): Promise<void> {
  const container = await docker.createContainer({ Image: image, Cmd: ['true'], Labels: { 'drydock-bench': '1' } })
  const ended = container.wait({ condition: 'next-exit' }) as Promise<unknown>
  await container.start()
  // `next-exit` may come too late for a container that ended at once (docker-traps 24): ask again.
  await Promise.race([ended, polled(container)])
  await container.remove({ force: true })
}

async function polled(container: Docker.Container): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 250))
    const { State } = await container.inspect()
    if (!State.Running) return
  }
}
