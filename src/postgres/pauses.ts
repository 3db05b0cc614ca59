/** Pauses between attempts: longer after each failure, and never the same for all who wait. */
export type Pauses = { readonly firstMs: number; readonly capMs: number }

export const reconnectPauses: Pauses = { firstMs: 100, capMs: 5_000 }

/** @param failures so far, 1 or more @param random in [0, 1): the pause lies between half and the whole */
export const pauseMs = ({ firstMs, capMs }: Pauses, failures: number, random: number = Math.random()): number =>
  Math.round(Math.min(capMs, firstMs * 2 ** Math.min(failures - 1, 20)) * (0.5 + random / 2))
