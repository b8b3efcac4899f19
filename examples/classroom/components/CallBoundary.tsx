"use client";

import { Component } from "react";
import type { ReactNode } from "react";

import { isOurs } from "@/lib/faults";

interface Props {
  /* the call cannot be drawn any more */
  onCrash: () => void;
  /* something in it went wrong that nobody was waiting for */
  onFault: (error: unknown) => void;
  children: ReactNode;
}

/*
 * What breaks in a call stays in the call.  React tells a boundary of what is
 * thrown while it draws; promises and events it does not see, so those that
 * nobody handled are listened for as long as there is a call.
 */
export class CallBoundary extends Component<Props, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override componentDidCatch(error: Error) {
    console.error("the call broke:", error.name);
    this.props.onCrash();
  }

  override componentDidMount() {
    window.addEventListener("unhandledrejection", this.rejected);
    window.addEventListener("error", this.thrown);
  }

  override componentWillUnmount() {
    window.removeEventListener("unhandledrejection", this.rejected);
    window.removeEventListener("error", this.thrown);
  }

  private readonly rejected = (event: PromiseRejectionEvent) => {
    if (isOurs(event.reason)) {
      event.preventDefault();
      this.props.onFault(event.reason);
    }
  };

  private readonly thrown = (event: ErrorEvent) => {
    if (isOurs(event.error)) {
      event.preventDefault();
      this.props.onFault(event.error);
    }
  };

  override render() {
    return this.state.broken ? null : this.props.children;
  }
}
