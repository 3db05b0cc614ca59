/** What a queue's workers have in hand, from the moments at which keys were taken and done. */
export class WorkInProgress {
  #takenAt: number[] = []

  taken(nowMs: number): void {
    this.#takenAt.push(nowMs)
  }
  /** Of several in hand, the one that was taken as long ago as the work took. */
  done(nowMs: number, workedMs: number): void {
    const begun = nowMs - workedMs
    let [nearest, least] = [-1, Infinity]
    for (let index = 0; index < this.#takenAt.length; index += 1) {
      const distance = Math.abs((this.#takenAt[index] ?? Infinity) - begun)
      if (distance >= least) continue
      nearest = index
      least = distance
    }
    if (nearest >= 0) this.#takenAt.splice(nearest, 1)
  }

  get count(): number {
    return this.#takenAt.length
  }
  oldestMs(nowMs: number): number {
    return this.#takenAt.reduce((oldest, at) => Math.max(oldest, nowMs - at), 0)
  }
  sumMs(nowMs: number): number {
    return this.#takenAt.reduce((sum, at) => sum + nowMs - at, 0)
  }
}
