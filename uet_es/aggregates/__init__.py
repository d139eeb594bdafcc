"""What is true: the run, its workstreams and its workers, each a fold of its own stream."""
