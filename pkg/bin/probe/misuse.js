/** What the person at the command line got wrong. Ends the program with 2. */
export class Misuse extends Error {}
