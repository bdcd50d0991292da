"""What each kind of artifact takes, refuses and gives back."""
