export { text } from "../audit/audit.text";
