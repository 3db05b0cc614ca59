/** The Docker Engine to work with: the configured one, else where Docker's own clients look. */
import { UserError } from '../resources/index.ts'
import { findEngine } from '../runtime/docker/index.ts'
import type { EngineAddress } from '../runtime/docker/index.ts'

/** Tries for as long as the signal allows, so that a daemon may start before its engine; says once what is wrong. */
export async function engineAddress(
  host: string | null,
  { wait, say, signal }: { readonly wait: boolean; say(message: string): void; readonly signal?: AbortSignal },
): Promise<EngineAddress> {
  const env = host === null ? process.env : { ...process.env, DOCKER_HOST: host }
  for (let attempt = 0; ; attempt++) {
    const search = await findEngine({ env })
    if (search.found) return search.address
    if (!wait) throw new UserError('NO_ENGINE', search.message)
    if (attempt === 0) say(`${search.message}\nwaiting for it`)
    await new Promise((resolve) => setTimeout(resolve, 2000))
    signal?.throwIfAborted()
  }
}
