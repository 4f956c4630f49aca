/** Whether `TEST_DATABASES=sqlite` leaves PostgreSQL out. Continuous integration tests both. */
export function isSqliteOnly(): boolean {
  const { TEST_DATABASES: given, CI: ci } = process.env;
  if (given === undefined) return false;
  if (given !== "sqlite") throw new Error(`TEST_DATABASES must be sqlite or left out, not ${JSON.stringify(given)}`);
  if (ci) throw new Error("TEST_DATABASES leaves PostgreSQL out: continuous integration must not set it");
  return true;
}
