// What the page starts with: the bookstore, from the one copy in the
// repository that the demo runs as well, and requests worth trying on it.

import access from "../../../examples/bookstore/access.yaml?raw";
import routes from "../../../examples/bookstore/routes.yaml?raw";
import services from "../../../examples/bookstore/services.yaml?raw";
import split from "../../../examples/bookstore/split.yaml?raw";

import type { FormRequest } from "./request-form.ts";

/** The most telling file first. */
export const bookstore = [access, routes, split, services].join("---\n");

const purchase: FormRequest = {
  source: "bookbuyer/bookbuyer",
  destination: "bookstore/bookstore-v1",
  method: "GET",
  path: "/buy-a-book/new",
  host: "bookstore.bookstore",
  port: "",
  headers: "user-agent: book-client/1.0\nclient-app: bookbuyer",
};

export const exampleRequests: { name: string; request: FormRequest }[] = [
  { name: "bookbuyer buys", request: purchase },
  { name: "bookthief tries", request: { ...purchase, source: "bookthief/bookthief" } },
  { name: "wrong method", request: { ...purchase, method: "POST" } },
  { name: "missing header", request: { ...purchase, path: "/books-bought", headers: "" } },
  { name: "smuggled path", request: { ...purchase, path: "/buy-a-book/../admin/new" } },
];
