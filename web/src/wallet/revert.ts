import { decodeErrorResult } from "viem/utils";
import errors from "../../../abi/errors.json";
import { errorAbi } from "./abi.ts";
import { type Parameter, fillSentence } from "./sentence.ts";

const sentences = new Map(errors.map(({ name, sentence }) => [name, sentence]));

/** The contract's sentence for revert data; null when the data is empty or no error of this contract. */
export function sentenceOf(data: `0x${string}` | null): string | null {
  if (!data || data === "0x") return null;
  try {
    const { errorName, args, abiItem } = decodeErrorResult({ abi: errorAbi, data });
    const sentence = sentences.get(errorName);
    return sentence ? fillSentence(sentence, abiItem.inputs as readonly Parameter[], args ?? []) : null;
  } catch {
    return null;
  }
}
