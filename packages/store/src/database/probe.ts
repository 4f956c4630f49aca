/** Looks at a database as a new process would. Rejects where it cannot be used. */
export type Probe = () => Promise<{ migrations: string[]; isWritable: boolean }>;
