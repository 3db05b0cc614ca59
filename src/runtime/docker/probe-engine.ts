/** What an engine at an address says of itself, asked once: for doctor and for the start. */
import { EngineClient } from './client.ts'
import type { EngineAddress } from './connection.ts'
import { engineIdentity } from './engine-labels.ts'
import { record, textOr } from './wire.ts'

export type EngineProbe =
  | { readonly ok: true; readonly engineId: string; readonly version: string; readonly apiVersion: string }
  | { readonly ok: false; readonly reason: string }

/** Never throws. */
export async function probeEngine(address: EngineAddress, deadlineMs = 5_000): Promise<EngineProbe> {
  const client = new EngineClient(address)
  try {
    const info = record(await client.json('info', 'GET', '/info', { deadlineMs }))
    return {
      ok: true,
      engineId: engineIdentity(info),
      version: textOr(info.ServerVersion, ''),
      apiVersion: client.apiVersion,
    }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  } finally {
    client.close()
  }
}
