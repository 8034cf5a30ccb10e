// Stops vitest from taking the settings of the repository around it.
export default {};
