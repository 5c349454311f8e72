// Bounds of sweeps over crash points. They are part of `limits`.

export const sweepLimits = {
  /**
   * In a sweep of crash points: how often the event loop comes round with nothing happening before time passes, by how much
   * then at first and at most, and how much may pass with nothing happening before the run is given up.
   */
  sweepQuietTurns: 8,
  sweepStepMsMin: 5,
  sweepStepMsMax: 500,
  sweepQuietMsMax: 600_000,
  /** In so many steps, or in smaller ones, time passes that its scenario lets pass. */
  sweepPassSteps: 200,
  /** Runs that stand still before a sweep is given up, and violations that its text shows. */
  sweepStuckMax: 10,
  sweepViolationsShownMax: 20,
} as const
