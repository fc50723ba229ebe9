import type { RequestHandler, Response } from "express";
import { readAddress, type RequestAddress } from "./request-address.ts";

/** First of all: reads the address, and gives every later reader of `request.url` the same one. */
export const parseAddress: RequestHandler = (request, response, next) => {
  const address = readAddress(request.url);
  response.locals.address = address;
  request.url = request.originalUrl = address.path + address.search;
  next();
};

/** The address of the request that this is the response to. */
export function addressOf(response: Response): RequestAddress {
  return response.locals.address as RequestAddress;
}
